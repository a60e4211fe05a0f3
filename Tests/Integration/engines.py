"""The engines of Debian's that tests of external storage start for themselves: InfluxDB 1.6 and VictoriaMetrics, on free loopback ports."""

import shutil
import socket
import ssl
import subprocess
import threading

import pytest
import requests

from conftest import wait_until

EXECUTABLES = {"influxdb": "influxd", "victoriametrics": "victoria-metrics"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Engine:
    """One engine with its data in a folder; it can be killed and started again on the same port."""

    def __init__(self, driver, folder, password=None):
        if shutil.which(EXECUTABLES[driver]) is None:
            pytest.skip(f"{EXECUTABLES[driver]} is not installed: scripts/install-packages test installs it")
        self.driver, self.folder, self.password, self.process = driver, folder, password, None
        self.port, self.folder = free_port(), folder
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        wait_until(self._answers, f"{self.driver} to start", 60)
        return self

    def _command(self):
        if self.driver == "victoriametrics":
            return ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{self.port}", f"-storageDataPath={self.folder}/data", "-retentionPeriod=100y",
                    "-memory.allowedBytes=256MB", "-loggerLevel=ERROR"]
        (self.folder / "influxdb.conf").write_text(f"""
reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
dir = "{self.folder}/meta"
[data]
dir = "{self.folder}/data"
wal-dir = "{self.folder}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:{self.port}"
auth-enabled = {"true" if self.password else "false"}
log-enabled = false
[monitor]
store-enabled = false
""")
        return ["influxd", "-config", f"{self.folder}/influxdb.conf"]

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        try:
            return requests.get(self.url + ("/ping" if self.driver == "influxdb" else "/health"), timeout=5).ok
        except requests.RequestException:
            return False

    def query(self, text, database="dsotp"):
        """An answer of InfluxDB's own."""
        auth = ("dsotp", self.password) if self.password else None
        answer = requests.post(self.url + "/query", data={"q": text, "db": database}, auth=auth, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["results"][0]

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()


class TLSProxy:
    """TLS on a port of its own in front of a port without: what a site's reverse proxy does."""

    def __init__(self, folder, port):
        self.context, self.port = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), port
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        peer.settimeout(60)
        try:
            with self.context.wrap_socket(peer, server_side=True) as secure, socket.create_connection(("127.0.0.1", self.port), 10) as plain:
                threading.Thread(target=self._copy, args=(plain, secure), daemon=True).start()
                self._copy(secure, plain)
        except OSError:
            peer.close()

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65_536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def use_engine(site, engine, **settings):
    """Makes the site store on an engine."""
    path = site / "site.yaml"
    text = path.read_text()
    assert "  driver: embedded\n  # The database" in text
    lines = {"driver": engine.driver, "url": engine.url, "flush_interval": "100ms", **settings}
    path.write_text(text.replace("  driver: embedded\n  # The database", "".join(f"  {key}: {value}\n" for key, value in lines.items()) + "  # The database"))
