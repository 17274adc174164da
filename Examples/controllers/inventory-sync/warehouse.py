#!/usr/bin/env python3
"""A small warehouse for the example: POST /stock {"skus": [...]} answers how many pieces there are of each."""
import http.server
import json
import sys
import zlib


class Warehouse(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        skus = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))["skus"]
        print(f"asked for {len(skus)} items", file=sys.stderr)
        # The same pieces each time, without a file to keep them in.
        stock = {sku: zlib.crc32(sku.encode()) % 100 for sku in skus}
        body = json.dumps(stock).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *arguments):
        pass


port = int(sys.argv[1]) if len(sys.argv) > 1 else 8095
print(f"the warehouse answers at http://127.0.0.1:{port}/stock", file=sys.stderr)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Warehouse).serve_forever()
