"""A connector for tests: it tries what the host offers, and writes down what comes of it."""

from __future__ import annotations

from ropewalk_connector import ConnectionConfig, Connector, ConnectorError, Message, PluginMetadata, serve


class Peer(Connector):
    """Settings: `journal`, the file that is written to, and `ask`, the name of the secret that is asked for."""

    def metadata(self) -> PluginMetadata:
        return PluginMetadata(
            id="python-peer",
            name="python-peer",
            version="1.2.3",
            supported_types=["peer"],
            description="For tests",
        )

    def connect(self, config: ConnectionConfig) -> None:
        with open(config.settings["journal"], "a") as journal:
            ask = config.settings["ask"]
            try:
                secret = self.host.get_secret(ask)
                print(f"secret of {len(secret)} bytes", file=journal)
                self.host.log("warn", f"the secret is {secret}", given=secret)
            except ConnectorError as error:
                print("refused", str(error.code), file=journal)
            self.host.record_metric("counter", "peer_asked", 1, {"secret": ask})
            print("configured as", self.host.get_configuration().name, file=journal)

    def send(self, message: Message) -> None:
        pass


if __name__ == "__main__":
    serve(Peer)
