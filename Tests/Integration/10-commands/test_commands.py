"""Two services fight over one device, an operator overrides them, a block outlives kill -9, and a dry run publishes nothing."""

import json
import subprocess
import threading

import pytest

from conftest import REPOSITORY, wait_until

RIGHTS = "commands: {{class: {}, topics: [\"setpoints/#\", \"switches/+/command\"]}}"


class Bus:
    """What arrives on some topics of the databus, in its order."""

    def __init__(self, platform, *topics):
        arguments = [argument for topic in topics for argument in ("-t", topic)]
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-q", "1", "-F", "%r %t %p", *arguments],
            stdout=subprocess.PIPE, text=True)
        self.lines = Lines(self.process)
        # The subscription stands when a message that is published now comes back.
        def echo():
            platform.publish(topics[0].replace("#", "probe"), "probe")
            return any(line.endswith(" probe") for line in self.lines.now())
        wait_until(echo, "the subscription to stand")

    def on(self, topic):
        return [line.split(" ", 2)[2] for line in self.lines.now() if line.split(" ", 2)[1] == topic]

    def close(self):
        self.process.terminate()
        self.process.wait()


class Lines:
    """The lines of a process's output, read on a thread of its own."""

    def __init__(self, process):
        self.lines, self.process = [], process
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def now(self):
        return list(self.lines)


@pytest.fixture
def commanders(site, tmp_path):
    """The demo site with two services that command what they are told: `balancing`, isolated, and `flisr`."""
    plugins = tmp_path / "plugins"
    plugins.mkdir(mode=0o755)
    subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", f"-I{REPOSITORY}/PluginAPI/CPluginAPI", "-o", plugins / "libcommander.so",
         REPOSITORY / "Tests/Data/commander/commander.c"], check=True)
    for name, highest, isolation in [("balancing", "balancing", "process"), ("flisr", "flisr", "in-process")]:
        (site / "services" / f"{name}.yaml").write_text(
            f"service: {name}\nlibrary: commander\nisolation: {isolation}\npublish: [\"#\"]\n"
            f"subscribe: [{{topic: orders/{name}, qos: 1}}]\n{RIGHTS.format(highest)}\n")
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("folders: []", f"folders: [{plugins}]"))
    return site


@pytest.fixture
def bus():
    opened = []

    def open_bus(platform, *topics):
        opened.append(Bus(platform, *topics))
        return opened[-1]

    yield open_bus
    for one in opened:
        one.close()


def order(platform, service, text):
    assert platform.publish(f"orders/{service}", text).returncode == 0


def device(platform, name):
    return platform.request("GET", f"/api/commands/devices/{name}").json()


def holder(platform, name):
    held = device(platform, name)["holder"]
    return held and (held["source"].get("service") or held["source"].get("user"))


def command(platform, body, user="operator", **options):
    return platform.request("POST", "/api/commands", user=user, password=user, json=body, **options)


def running(platform):
    for name in ("balancing", "flisr"):
        wait_until(lambda: platform.service(name)["state"] == "running", f"{name} to run")


def test_two_services_fight_an_operator_overrides_and_the_expiry_gives_the_device_back(start, commanders, bus):
    platform = start()
    running(platform)
    heard = bus(platform, "setpoints/#", "out/#", "commands/#")

    order(platform, "balancing", "set balancing battery 5 600000")
    wait_until(lambda: holder(platform, "battery") == "balancing", "balancing to hold the battery")
    order(platform, "flisr", "set flisr battery 0 600000")
    wait_until(lambda: holder(platform, "battery") == "flisr", "flisr to take it")
    wait_until(lambda: "battery superseded 1 flisr " in heard.on("out/outcome"), "the loser to hear of it")
    order(platform, "balancing", "set balancing battery 5 600000")
    wait_until(lambda: any(line.startswith("refused-for-now the device 'battery' is held by the service 'flisr' (flisr") for line in
                           heard.on("out/decision")), "the weaker to be refused with a sentence")

    assert command(platform, {"device": "battery", "value": -3, "unit": "kW", "hold_seconds": 2, "reason": "a test run"}).status_code == 200
    wait_until(lambda: "battery superseded 1 operator " in heard.on("out/outcome"), "flisr to hear of the operator")
    order(platform, "balancing", "set balancing battery 7 600000 wait")
    wait_until(lambda: len(device(platform, "battery")["waiting"]) == 1 or holder(platform, "battery") == "balancing", "balancing to wait")
    wait_until(lambda: holder(platform, "battery") == "balancing", "the device to come back after the expiry")
    wait_until(lambda: [json.loads(payload)["value"] for payload in heard.on("setpoints/battery")] == [5, 0, -3, 7], "the set-points in their order")

    def operators():
        events = [json.loads(payload) for payload in heard.on("commands/battery/events")]
        return [event["outcome"] for event in events if event["source"] == {"user": "operator"}]
    wait_until(lambda: operators() == ["accepted", "dispatched", "expired"], "the events of the operator's command")
    ended = platform.request("GET", "/api/commands", params={"device": "battery", "service": "flisr", "active": "false"}).json()["commands"]
    assert [one["outcome"] for one in ended] == ["superseded"] and "operator" in ended[0]["sentence"]
    trail = (platform.data / "audit.jsonl").read_text()
    assert '"who":"operator"' in trail and '"what":"command.submit"' in trail and '"who":"service:flisr"' in trail
    assert 'dsotp_commands_total{class="operator",outcome="dispatched"} 1' in platform.request("GET", "/metrics").text


def test_a_switching_step_is_confirmed_by_the_switch_and_nobody_publishes_around_the_arbiter(start, commanders, bus):
    platform = start()
    running(platform)
    heard = bus(platform, "switches/#", "out/#")
    order(platform, "flisr", "switch flisr sw-1 open 20000")
    wait_until(lambda: heard.on("switches/sw-1/command") == ['{"position":"open"}'], "the step to be published")
    platform.publish("switches/sw-1", '{"position":"open"}')
    wait_until(lambda: 'sw-1 confirmed 1  "open"' in heard.on("out/outcome"), "the step to be confirmed")
    order(platform, "flisr", "plain switches/sw-1/command")
    wait_until(lambda: heard.on("out/status") == ["-3"], "the refusal of plain publishing")
    assert len(heard.on("switches/sw-1/command")) == 1


def test_a_block_refuses_services_outlives_kill_9_and_is_released_by_its_owner(start, commanders):
    platform = start()
    running(platform)
    lock = "/api/commands/devices/feeder/lock"
    assert platform.request("PUT", lock, user="viewer", password="viewer", json={"note": "x"}).status_code == 403
    assert platform.request("PUT", lock, user="operator", password="operator", json={"note": "cable work"}).status_code == 200
    order(platform, "flisr", "set flisr battery 5 600000")
    wait_until(lambda: holder(platform, "battery") == "flisr", "flisr to hold the battery")
    number = device(platform, "battery")["holder"]["command"]
    platform.kill()

    platform.start()
    running(platform)
    assert device(platform, "feeder")["lock"]["note"] == "cable work"
    assert device(platform, "battery")["holder"]["command"] == number
    order(platform, "flisr", "set flisr feeder 1 1000")
    wait_until(lambda: platform.request("GET", "/api/commands?device=feeder&outcome=refused").json()["commands"], "the refusal")
    refused = command(platform, {"device": "feeder", "value": 1})
    assert refused.status_code == 409 and "blocked by operator" in refused.json()["error"]
    assert command(platform, {"device": "feeder", "value": 1, "despite_lock": True}).status_code == 200
    taken = platform.request("PUT", lock, json={"note": "mine"})
    assert taken.status_code == 409 and "blocked by operator" in taken.json()["error"]
    assert device(platform, "feeder")["lock"]["note"] == "cable work"
    assert platform.request("DELETE", lock, user="operator", password="operator").status_code == 200
    assert device(platform, "feeder")["lock"] is None
    assert platform.request("DELETE", lock).status_code == 404


def test_a_dry_run_decides_and_tells_and_publishes_nothing(start, commanders, bus):
    platform = start()
    running(platform)
    heard = bus(platform, "setpoints/#", "commands/#")
    assert platform.request("PUT", "/api/commands/dry-run", user="operator", password="operator", json={"dry_run": True}).status_code == 403
    assert platform.request("PUT", "/api/commands/dry-run", json={"dry_run": True}).status_code == 200
    order(platform, "flisr", "set flisr battery 5 600000")
    assert command(platform, {"device": "pump", "value": 1, "hold_seconds": 60}).json()["outcome"] == "dry-run"
    wait_until(lambda: any('"outcome":"dry-run"' in payload for payload in heard.on("commands/battery/events")), "the dry run to be told")
    platform.stop()
    platform.start()
    running(platform)
    assert platform.request("GET", "/api/commands/dry-run").json() == {"dry_run": True}
    assert platform.request("PUT", "/api/commands/dry-run", json={"dry_run": False}).status_code == 200
    assert command(platform, {"device": "pump", "value": 2, "hold_seconds": 60}).json()["outcome"] in ("accepted", "dispatched")
    assert heard.on("setpoints/battery") == [] and heard.on("setpoints/pump") == []
