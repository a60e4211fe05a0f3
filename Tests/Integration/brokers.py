"""External MQTT brokers in a temporary folder, on free ports of the loopback interface: RabbitMQ with its MQTT plugin, and mosquitto."""

import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import requests

from conftest import Platform, wait_until

USER, PASSWORD = "grid", "a secret of the test"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificates(folder):
    """A certificate authority, a certificate of it for localhost, and another authority, as PEM files."""
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True)

    folder.mkdir(exist_ok=True)
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2, "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key",
            "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", 2, "-extfile", "names",
            "-out", "server.pem")
    return folder


class Broker:
    """A broker that can be stopped, killed and started again on the same port with what it had stored."""

    process, tls_port = None, None

    def __init__(self, folder, tls=None):
        self.folder, self.tls = Path(folder), tls
        self.folder.mkdir(parents=True)
        self.port = free_port()
        if tls:
            self.tls_port = free_port()
        self.configure()

    def start(self):
        output = open(self.folder / "output", "ab")
        self.process = subprocess.Popen(self.command(), env=self.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                        start_new_session=True)
        output.close()
        wait_until(self.accepts, f"{self.command()[0]} to listen, see {self.folder}/output", 120)
        return self

    def accepts(self):
        if self.process.poll() is not None:
            pytest.fail("the broker ended at once:\n" + (self.folder / "output").read_text(errors="replace")[-2000:])
        try:
            for port in filter(None, (self.port, self.tls_port)):
                socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def end(self, number):
        """Sends a signal to the broker itself, and waits until it is gone."""
        for process in self.processes():
            os.kill(process, number)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def survives(self):
        """The ends after which it has all that it had acknowledged."""
        return [self.kill, self.stop]

    def stop(self):
        self.end(signal.SIGTERM)

    def kill(self):
        self.end(signal.SIGKILL)

    def processes(self):
        return [self.process.pid]

    def environment(self):
        return dict(os.environ)

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()

    def client(self, name, clean=True, **options):
        """A connected client of the broker."""
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean, **options)
        client.username_pw_set(USER, PASSWORD)
        client.reconnect_delay_set(0.1, 1)
        client.max_inflight_messages_set(100)
        client.max_queued_messages_set(0)
        ready = threading.Event()
        client.on_connect = lambda *_: ready.set()
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        assert ready.wait(30), "the broker does not answer"
        return client


class Mosquitto(Broker):
    def configure(self):
        subprocess.run(["mosquitto_passwd", "-c", "-b", self.folder / "passwords", USER, PASSWORD], check=True, capture_output=True)
        lines = ["per_listener_settings false", f"password_file {self.folder}/passwords", "allow_anonymous false", "persistence true",
                 f"persistence_location {self.folder}/", "max_queued_messages 0", "max_inflight_messages 1000", f"listener {self.port} 127.0.0.1",
                 *([f"user {os.environ.get('USER', 'root')}"] if os.geteuid() == 0 else [])]
        if self.tls:
            lines += [f"listener {self.tls_port} 127.0.0.1", f"cafile {self.tls}/ca.pem", f"certfile {self.tls}/server.pem", f"keyfile {self.tls}/server.key"]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    @property
    def survives(self):
        """It saves its state now and then, and when it is asked to end."""
        return [self.stop, self.stop]

    def command(self):
        return ["mosquitto", "-c", str(self.folder / "mosquitto.conf")]


class RabbitMQ(Broker):
    """RabbitMQ as Debian packages it, with nothing of its own configuration, and a port mapper of its own."""

    scripts = Path("/usr/lib/rabbitmq/bin")

    def configure(self):
        self.mapper_port, self.mapper = free_port(), None
        lines = [f"listeners.tcp.1 = 127.0.0.1:{free_port()}", f"mqtt.listeners.tcp.1 = 127.0.0.1:{self.port}", "mqtt.allow_anonymous = false",
                 "mqtt.prefetch = 1000", f"default_user = {USER}", f"default_pass = {PASSWORD}", "log.file.level = warning"]
        if self.tls:
            lines += [f"mqtt.listeners.ssl.1 = 127.0.0.1:{self.tls_port}", f"ssl_options.cacertfile = {self.tls}/ca.pem",
                      f"ssl_options.certfile = {self.tls}/server.pem", f"ssl_options.keyfile = {self.tls}/server.key", "ssl_options.verify = verify_none"]
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (self.folder / "enabled_plugins").write_text("[rabbitmq_mqtt].\n")
        self.name, self.distribution_port = f"test{self.port}@localhost", free_port()

    def command(self):
        return [str(self.scripts / "rabbitmq-server")]

    def environment(self):
        folder = str(self.folder)
        return dict(
            os.environ, HOME=folder, RABBITMQ_NODENAME=self.name, RABBITMQ_MNESIA_BASE=f"{folder}/mnesia", RABBITMQ_LOG_BASE=f"{folder}/log",
            RABBITMQ_ENABLED_PLUGINS_FILE=f"{folder}/enabled_plugins", RABBITMQ_CONFIG_FILE=f"{folder}/rabbitmq.conf",
            RABBITMQ_CONF_ENV_FILE="/dev/null", RABBITMQ_DIST_PORT=str(self.distribution_port), ERL_EPMD_ADDRESS="127.0.0.1",
            ERL_EPMD_PORT=str(self.mapper_port), ERL_CRASH_DUMP_BYTES="0",
            # One scheduler that does not spin: the machine is the tests' too.
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none")

    def start(self):
        if not self.mapper:
            mapper = shutil.which("epmd") or "/usr/lib/erlang/bin/epmd"
            self.mapper = subprocess.Popen([mapper, "-port", str(self.mapper_port), "-address", "127.0.0.1"], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return super().start()

    def processes(self):
        """The virtual machine, below the script that started it."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children] or [self.process.pid]

    def close(self):
        super().close()
        if self.mapper:
            self.mapper.kill()
            self.mapper.wait()


BROKERS = {"rabbitmq": RabbitMQ, "mosquitto": Mosquitto}


class Device:
    """A device that publishes readings at QoS 1 without a pause, through every outage, and knows which are acknowledged."""

    def __init__(self, broker, index, per_second):
        self.index, self.per_second, self.running = index, per_second, True
        self.sent, self.acknowledged, self.confirmed = {}, [], queue.SimpleQueue()
        self.client = broker.client(f"device-{index}", clean=False)
        # Called by the client's thread, which must not wait for this one.
        self.client.on_publish = lambda _, __, identifier, *___: self.confirmed.put(identifier)
        self.thread = threading.Thread(target=self.publish, daemon=True)
        self.thread.start()

    def publish(self):
        number = 0
        while self.running or self.sent:
            # Not further ahead of the broker than the identifiers of a connection allow.
            if self.running and len(self.sent) < 20_000:
                number += 1
                # Each with a stamp of its own: what is stored twice is one point.
                text = json.dumps({"device": f"pmu-{self.index}", "timestamp": 1_700_000_000_000 + number, "readings": [
                    {"component": "BUS1", "measurand": "voltmagnitude", "phase": "A", "data": number}]})
                self.sent[self.client.publish("/pmu/dev", text, 1).mid] = number
            time.sleep(1 / self.per_second)
            while not self.confirmed.empty():
                self.acknowledged.append(self.sent.pop(self.confirmed.get()))


class Devices:
    """Several devices, until `end`."""

    def __init__(self, broker, count=3, per_second=200):
        self.devices = [Device(broker, index, per_second / count) for index in range(count)]

    @property
    def acknowledged(self):
        return sum(len(device.acknowledged) for device in self.devices)

    def end(self):
        """Stops, waits until all is acknowledged, and returns the numbers by device."""
        for device in self.devices:
            device.running = False
        for device in self.devices:
            device.thread.join(90)
            assert not device.sent, f"{len(device.sent)} readings of device {device.index} are not acknowledged"
        self.close()
        return {f"pmu-{device.index}": device.acknowledged for device in self.devices}

    def close(self):
        for device in self.devices:
            device.running = False
            device.client.loop_stop()
            device.client.disconnect()


class LinkedPlatform(Platform):
    """`dsotp run` of a site whose databus is an external broker: it listens for HTTP alone."""

    def start(self, expect_ready=True):
        self.lines = []
        environment = dict(os.environ, DSOTP_DATA=str(self.data), BROKER_PASSWORD=PASSWORD)
        self.process = subprocess.Popen(
            [*self.command, "run", self.site, "--gateway", "127.0.0.1:0", *self.arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env=environment, text=True, errors="replace")
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        wait_until(lambda: self._addresses() or not self.alive(), "the platform to start", 60)
        assert self.alive(), "the platform ended at once:\n" + self.output()
        wait_until(self._ready, "the platform to be ready", 60)
        return self

    def _addresses(self):
        console = re.search(r"Console +(http://127\.0\.0\.1:\d+)", self.output())
        self.url = console and console[1]
        return self.url

    def health(self):
        return requests.get(self.url + "/health/ready", timeout=10).json()

    def link(self):
        return self.request("GET", "/api/databus").json()["link"]

    def linked(self):
        wait_until(lambda: self.health()["status"] == "ready", "the link to stand", 60)
        return self

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)$", self.request("GET", "/metrics").text, re.M)[1])
