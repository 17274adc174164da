"""Starts the JavaScript engine once and writes it down as it is then, so that no instance has to start it again.

    snapshot.py ENGINE.wasm OUTPUT.wasm

Calls `_initialize` and `ropewalk_prepare`, and replaces the module's data by what its memory holds afterwards.
Needs Python's `wasmtime` package.
"""

import sys

import wasmtime

PAGE = 65536
BLOCK = 4096
MEMORY_SECTION, DATA_SECTION, DATA_COUNT_SECTION = 5, 11, 12


def read_unsigned(data, at):
    """A LEB128 number and the place behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def unsigned(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value):
    """LEB128 of a number that is not negative, where a sign is expected."""
    out = bytearray()
    while value >= 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def started_memory(module_bytes):
    """The memory of an instance whose engine has been started. The host answers nothing but zeros."""
    engine = wasmtime.Engine()
    module = wasmtime.Module(engine, module_bytes)
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    for entry in module.imports:
        answer = 0 if entry.type.results else None
        linker.define_func(entry.module, entry.name, entry.type, lambda *arguments, answer=answer: answer)
    exports = linker.instantiate(store, module).exports(store)
    exports["_initialize"](store)
    if exports["ropewalk_prepare"](store) != 0:
        sys.exit("the engine does not start")
    memory = exports["memory"]
    return bytes(memory.read(store, 0, memory.data_len(store)))


def segments(memory):
    """The runs of blocks that hold anything but zeros, each with its address."""
    start = None
    for at in range(0, len(memory) + BLOCK, BLOCK):
        if any(memory[at : at + BLOCK]):
            start = at if start is None else start
        elif start is not None:
            yield start, memory[start:at]
            start = None


def data_section(memory):
    entries = [
        b"\x00\x41" + signed(address) + b"\x0b" + unsigned(len(data)) + data for address, data in segments(memory)
    ]
    return unsigned(len(entries)) + b"".join(entries), unsigned(len(entries))


def with_memory(module_bytes, memory):
    data, count = data_section(memory)
    replaced = {
        MEMORY_SECTION: b"\x01\x00" + unsigned(len(memory) // PAGE),
        DATA_SECTION: data,
        DATA_COUNT_SECTION: count,
    }
    out = bytearray(module_bytes[:8])
    at = 8
    while at < len(module_bytes):
        section = module_bytes[at]
        length, at = read_unsigned(module_bytes, at + 1)
        body = replaced.get(section, module_bytes[at : at + length])
        out += bytes([section]) + unsigned(len(body)) + body
        at += length
    return bytes(out)


def main():
    source, output = sys.argv[1:]
    with open(source, "rb") as file:
        module_bytes = file.read()
    with open(output, "wb") as file:
        file.write(with_memory(module_bytes, started_memory(module_bytes)))


main()
