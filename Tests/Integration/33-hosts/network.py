"""Hosts of a site in network namespaces of their own, around one with the broker: their cables can be pulled, one by one."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from conftest import BUILD, DSOTP, REPOSITORY, wait_until

RABBITMQ = Path("/usr/lib/rabbitmq/bin")


def reason_to_skip():
    """Why namespaces can't be made here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "ip is missing: apt-get install iproute2"
    probe = f"dsotp-probe-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True)
    if made.returncode:
        return f"network namespaces can't be made here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", probe], capture_output=True)
    return None


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Network:
    """One namespace for the broker and one for each host, a cable between."""

    def __init__(self, hosts):
        self.middle = f"dsotp-{os.getpid()}-b"
        self.hosts = {name: (f"dsotp-{os.getpid()}-{index}", index) for index, name in enumerate(hosts)}
        ip("netns", "add", self.middle)
        ip("-n", self.middle, "link", "set", "lo", "up")
        for namespace, index in self.hosts.values():
            ip("netns", "add", namespace)
            ip("-n", namespace, "link", "set", "lo", "up")
            ip("-n", self.middle, "link", "add", f"v{index}", "type", "veth", "peer", "name", "eth0", "netns", namespace)
            ip("-n", self.middle, "address", "add", f"10.213.{index}.1/30", "dev", f"v{index}")
            ip("-n", namespace, "address", "add", f"10.213.{index}.2/30", "dev", "eth0")
            ip("-n", namespace, "link", "set", "eth0", "up")
            ip("-n", self.middle, "link", "set", f"v{index}", "up")

    def broker_address(self, host):
        return f"10.213.{self.hosts[host][1]}.1:1883"

    def namespace(self, host):
        return self.hosts[host][0]

    def publish(self, topic, numbers):
        """Publishes numbers at QoS 1 beside the broker, and returns when it has acknowledged all of them."""
        command = ["ip", "netns", "exec", self.middle, "mosquitto_pub", "-p", "1883", "-q", "1", "-M", "1000", "-t", topic, "-l"]
        subprocess.run(command, input="".join(f"{number}\n" for number in numbers), text=True, check=True, capture_output=True, timeout=60)

    def cable(self, host, is_plugged):
        ip("-n", self.middle, "link", "set", f"v{self.hosts[host][1]}", "up" if is_plugged else "down")

    def remove(self):
        for namespace in [self.middle, *(namespace for namespace, _ in self.hosts.values())]:
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)


class Mosquitto:
    """Debian's mosquitto in the namespace in the middle."""

    name = "mosquitto"
    program = Path("/usr/sbin/mosquitto")

    def __init__(self, network, folder):
        (folder / "mosquitto.conf").write_text("listener 1883 0.0.0.0\nallow_anonymous true\nuser root\nmax_queued_messages 0\n")
        self.command = ["ip", "netns", "exec", network.middle, self.program, "-c", folder / "mosquitto.conf"]
        self.network, self.log = network, folder / "mosquitto.log"
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log.open("a"), stderr=subprocess.STDOUT)
        wait_until(lambda: answers(self.network), "mosquitto to listen", 20)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class RabbitMQ:
    """A RabbitMQ node of its own, with the MQTT plugin, in the namespace in the middle."""

    name = "RabbitMQ"
    program = RABBITMQ / "rabbitmq-server"

    def __init__(self, network, folder):
        (folder / "plugins").write_text("[rabbitmq_mqtt].\n")
        (folder / "rabbitmq.conf").write_text("mqtt.listeners.tcp.default = 1883\nloopback_users = none\nmqtt.allow_anonymous = true\n")
        (folder / "env.conf").write_text("")
        self.network = network
        self.environment = dict(
            os.environ, HOME=str(folder), RABBITMQ_NODENAME="rabbit@localhost", RABBITMQ_MNESIA_BASE=str(folder / "mnesia"),
            RABBITMQ_LOG_BASE=str(folder / "log"), RABBITMQ_CONFIG_FILE=str(folder / "rabbitmq.conf"),
            RABBITMQ_ENABLED_PLUGINS_FILE=str(folder / "plugins"), RABBITMQ_CONF_ENV_FILE=str(folder / "env.conf"),
            RABBITMQ_PID_FILE=str(folder / "pid"), RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+S 1:1")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", network.middle, self.program], env=self.environment, stdout=(folder / "out").open("a"), stderr=subprocess.STDOUT,
            start_new_session=True)
        wait_until(lambda: answers(network), "RabbitMQ to listen", 120)

    def stop(self):
        """Ends the node and the port mapper that it started: both are alone in the namespace."""
        pids = subprocess.run(["ip", "netns", "pids", self.network.middle], capture_output=True, text=True).stdout.split()
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(20)


def answers(network):
    """Whether somebody in the middle accepts a client."""
    command = ["ip", "netns", "exec", network.middle, "mosquitto_pub", "-p", "1883", "-t", "are/you/there", "-m", "?"]
    return subprocess.run(command, capture_output=True).returncode == 0


class Host:
    """`dsotp run` in a namespace."""

    def __init__(self, name, network, site, folder):
        self.name, self.network, self.site, self.folder = name, network, site, folder
        self.data, self.record = folder / f"data-{name}", folder / f"record-{name}"
        self.process = None

    def start(self):
        environment = dict(os.environ, DSOTP_DATA=str(self.data), DSOTP_RECORD=str(self.record), BROKER=self.network.broker_address(self.name))
        # The process itself must be the child, to be killed and stopped: `ip netns exec` becomes the program.
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.network.namespace(self.name), DSOTP, "run", self.site, "--host-name", self.name,
             "--gateway", "127.0.0.1:8080"], stdout=(self.folder / f"log-{self.name}").open("a"), stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env=environment)
        return self

    def ready(self):
        wait_until(lambda: self.ask("/health/ready") is not None, f"host {self.name} to be ready", 60)
        return self

    def ask(self, path):
        """The body of an answer with status 200, or None."""
        command = ["ip", "netns", "exec", self.network.namespace(self.name), "curl", "-sf", "-m", "5", "-u", "admin:admin",
                   f"http://127.0.0.1:8080{path}"]
        answer = subprocess.run(command, capture_output=True, text=True)
        return answer.stdout if answer.returncode == 0 else None

    def service(self, name):
        answer = self.ask(f"/api/services/{name}")
        return json.loads(answer) if answer else None

    def session(self, service):
        """The service's own session at the broker, in a list; empty where it has none here."""
        databus = json.loads(self.ask("/api/databus") or '{"link": {"sessions": []}}')
        return [session for session in databus["link"]["sessions"] if session["service"] == service]

    def log(self):
        path = self.folder / f"log-{self.name}"
        return path.read_text(errors="replace") if path.exists() else ""

    def kill(self):
        self.process.kill()
        self.process.wait()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(30)

    def lines(self, service):
        """What the service has written down here: (moment in s, word …)."""
        path = Path(f"{self.record}-{service}")
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(line.split()[0]) / 1e9, *line.split()[1:]) for line in lines if len(line.split()) > 1]

    def beats(self, service):
        """Moments at which what the service sent was taken."""
        return [line[0] for line in self.lines(service) if line[1] == "beat"]

    def heard(self, service, among=range(10**9)):
        """The numbers of a range that the service was given, in order: (number, whether it was told that it may have been there before)."""
        return [(int(line[2]), len(line) > 3) for line in self.lines(service) if line[1] == "heard" and int(line[2]) in among]

    def is_beating(self, service, since):
        beats = self.beats(service)
        return bool(beats) and beats[-1] > since


def check_never_two(hosts, service):
    """At no time did what the service sent leave two hosts: each host's runs of beats lie apart from those of the others."""
    moments = sorted((moment, host.name) for host in hosts for moment in host.beats(service))
    turns = []
    for moment, name in moments:
        if turns and turns[-1][0] == name:
            turns[-1][2] = moment
        else:
            turns.append([name, moment, moment])
    # Two at once would take turns every few milliseconds; one after the other takes a few turns in all.
    assert len(turns) <= 12, f"{service} ran on several hosts at once: {turns[:20]}"
    for before, after in zip(turns, turns[1:]):
        assert before[2] < after[1], (before, after)
    return turns


def now():
    return time.clock_gettime(time.CLOCK_MONOTONIC)
