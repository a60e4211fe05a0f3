"""What benchmarks start and ask: the platform, brokers, engines, the load; each for one measurement, on free ports, ended after it."""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
BUILD = Path(os.environ.get("DSOTP_BUILD", REPOSITORY / ".build" / "release"))
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid):
    """A process and what it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def cpu_seconds(*processes):
    """Processor time that processes and what they started have used."""
    total = 0.0
    for pid in (each for process in processes for each in family(process.pid)):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICK
    return total


def peak_mebibytes(process):
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) / 1024


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            value = condition()
        except OSError:
            value = None
        if value:
            return value
        if time.monotonic() > deadline:
            sys.exit(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


def connects(port):
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


class Peer:
    """Started for one measurement and ended after it."""

    def __init__(self, work):
        self.work, self.processes = Path(work), []

    def start(self, command, **options):
        log = open(self.work / f"{Path(command[0]).name}.log", "ab")
        process = subprocess.Popen(command, stdout=options.pop("stdout", log), stderr=log, stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is not None:
                continue
            members = family(process.pid)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # A script that started a server is gone before it.
            for pid in members[1:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def mosquitto(peer, persistent=False):
    """mosquitto without limits, in memory alone; persistent: as docs/scale-out.md has it."""
    port, configuration = free_port(), peer.work / "mosquitto.conf"
    more = f"persistence true\npersistence_location {peer.work}/\nuser root\n" if persistent else ""
    in_flight = 1000 if persistent else 0
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages {in_flight}\nmax_queued_messages 0\n{more}")
    process = peer.start(["mosquitto", "-c", str(configuration)])
    wait_for(lambda: connects(port), "mosquitto to listen")
    return process, port


def influxdb(peer):
    port, data = free_port(), peer.work / "influxdb"
    shutil.rmtree(data, ignore_errors=True)
    environment = dict(os.environ, INFLUXDB_META_DIR=f"{data}/meta", INFLUXDB_DATA_DIR=f"{data}/data", INFLUXDB_DATA_WAL_DIR=f"{data}/wal",
                       INFLUXDB_HTTP_BIND_ADDRESS=f"127.0.0.1:{port}", INFLUXDB_BIND_ADDRESS=f"127.0.0.1:{free_port()}",
                       INFLUXDB_HTTP_LOG_ENABLED="false", INFLUXDB_REPORTING_DISABLED="true", INFLUXDB_MONITOR_STORE_ENABLED="false",
                       # What is in memory is written and merged as soon as nothing comes, so that a benchmark sees the end of it.
                       INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION="3s", INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION="5s")
    (peer.work / "influxdb.conf").write_text("")
    process = peer.start(["influxd", "-config", str(peer.work / "influxdb.conf")], env=environment)
    wait_for(lambda: connects(port), "InfluxDB to listen")
    wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/query", b"q=CREATE DATABASE bench", 5).status == 200, "the database")
    return process, port


def victoriametrics(peer):
    port, data = free_port(), peer.work / "victoriametrics"
    shutil.rmtree(data, ignore_errors=True)
    process = peer.start(["victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={data}", "-retentionPeriod=100y", "-loggerLevel=ERROR"])
    wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).status == 200, "VictoriaMetrics to listen")
    return process, port


def rabbitmq(peer):
    """RabbitMQ as docs/scale-out.md has it, with a port mapper of its own; its schedulers do not spin, so that what is counted is work."""
    port, mapper_port, folder = free_port(), free_port(), peer.work / "rabbitmq"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{free_port()}\nmqtt.listeners.tcp.1 = 127.0.0.1:{port}\nmqtt.prefetch = 1000\nlog.file.level = warning\n")
    (folder / "enabled_plugins").write_text("[rabbitmq_mqtt].\n")
    peer.start([shutil.which("epmd") or "/usr/lib/erlang/bin/epmd", "-port", str(mapper_port), "-address", "127.0.0.1"])
    environment = dict(
        os.environ, HOME=str(folder), RABBITMQ_NODENAME=f"bench{port}@localhost", RABBITMQ_MNESIA_BASE=f"{folder}/mnesia", RABBITMQ_LOG_BASE=f"{folder}/log",
        RABBITMQ_ENABLED_PLUGINS_FILE=f"{folder}/enabled_plugins", RABBITMQ_CONFIG_FILE=f"{folder}/rabbitmq.conf", RABBITMQ_CONF_ENV_FILE="/dev/null",
        RABBITMQ_DIST_PORT=str(free_port()), ERL_EPMD_ADDRESS="127.0.0.1", ERL_EPMD_PORT=str(mapper_port), ERL_CRASH_DUMP_BYTES="0",
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none")
    process = peer.start(["/usr/lib/rabbitmq/bin/rabbitmq-server"], env=environment)
    wait_for(lambda: process.poll() is not None or connects(port), "RabbitMQ to listen", 300)
    return process, port


SITE = """site: benchmark
databus: {{{databus}}}
storage: {{{storage}}}
gateway:
  listen: 127.0.0.1:0
access:
  users:
    - name: admin
      password: admin
      role: admin
plugins:
  folders: ["{plugins}"]
log:
  level: warning
"""

SINK = """service: sink
library: libsink.so
subscribe:
  - topic: /pmu/#
    qos: 1
"""


class Dsotp:
    """The platform with one service.

    - databus: the section of that name of site.yaml; by default its own databus, on a free port.
    - storage: likewise; by default its own store.
    """

    def __init__(self, peer, manifest, plugins, databus="listen: 127.0.0.1:0", storage="driver: embedded"):
        site = peer.work / "site"
        shutil.rmtree(site, ignore_errors=True)
        shutil.rmtree(peer.work / "data", ignore_errors=True)
        (site / "services").mkdir(parents=True)
        (site / "site.yaml").write_text(SITE.format(plugins=plugins, databus=databus, storage=storage))
        (site / "services" / "service.yaml").write_text(manifest)
        log = peer.work / "dsotp.out"
        self.process = peer.start([str(BUILD / "dsotp"), "run", str(site)], stdout=open(log, "wb"), env=dict(os.environ, DSOTP_DATA=str(peer.work / "data")))
        ports = lambda: re.search(r"mqtt://\S*?:(\d+)[\s\S]*http://127.0.0.1:(\d+)", log.read_text())
        found = wait_for(lambda: ports() or (self.process.poll() is not None and sys.exit(log.read_text())), "the platform to start")
        self.port, self.http = int(found[1]), int(found[2])
        wait_for(lambda: self.counters(self.name()) is not None, "the service")

    def text(self, path):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}",
                                         headers={"Authorization": "Basic " + base64.b64encode(b"admin:admin").decode()})
        return urllib.request.urlopen(request, timeout=30).read().decode()

    def get(self, path):
        return json.loads(self.text(path))

    def metric(self, name):
        """One that has no labels."""
        found = re.search(rf"^{name} (\S+)$", self.text("/metrics"), re.M)
        return float(found[1]) if found else None

    def name(self):
        services = self.get("/api/services")
        services = services["services"] if isinstance(services, dict) else services
        return services[0]["name"]

    def counters(self, name):
        service = self.get(f"/api/services/{name}")
        return service["counters"] if service["state"] == "running" else None


def loadgen(tools, port, *arguments):
    result = subprocess.run([tools / "loadgen", "--port", str(port), *map(str, arguments)], capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    return json.loads(result.stdout)


def compile_tools(folder):
    """The load, the peer's bridge, and the service that does nothing."""
    folder.mkdir()
    for name in ("loadgen", "bridge"):
        subprocess.run(["cc", "-std=gnu11", "-O2", "-o", folder / name, HERE / name / f"{name}.c"], check=True)
    subprocess.run(["cc", "-std=c11", "-O2", "-shared", "-fPIC", f"-I{REPOSITORY}/PluginAPI/CPluginAPI", "-o", folder / "libsink.so",
                    HERE / "sink" / "sink.c"], check=True)
    return folder
