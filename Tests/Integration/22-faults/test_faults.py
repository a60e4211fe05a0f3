"""FLISR over MQTT and REST: switches that confirm, dawdle, refuse or die, and the demo's own grid from the fault to the return to normal."""

import json
import subprocess
import threading

import pytest
from conftest import REPOSITORY, wait_until

MANIFEST = REPOSITORY / "manifests" / "demo" / "services" / "fault-restoration.yaml"
PATH = ["L1-2.N2", "L2-3.N2", "L2-3.N3", "L3-4.N3", "L3-4.N4", "L4-5.N4"]


class Switches:
    """The switches of the site as devices on the databus: each obeys, or not, as its behaviour says."""

    def __init__(self, platform):
        self.platform, self.behaviour, self.orders = platform, {}, []
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-q", "1", "-F", "%t %p", "-t", "switches/+/command",
             "-t", "test/ready"], stdout=subprocess.PIPE, text=True)
        self.ready = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()
        wait_until(lambda: platform.publish("test/ready", "now") and self.ready.is_set(), "the switches to listen")

    def _serve(self):
        for line in self.process.stdout:
            topic, payload = line.rstrip("\n").split(" ", 1)
            if topic == "test/ready":
                self.ready.set()
                continue
            name, position = topic.split("/")[1], json.loads(payload)["position"]
            self.orders.append((name, position))
            behaviour = self.behaviour.get(name, "confirms")
            if behaviour == "dies":
                continue
            if behaviour == "refuses":
                position = {"open": "closed", "closed": "open"}[position]
            # Who dawdles reports first that it moves.
            for word in (["intermediate", position] if behaviour == "dawdles" else [position]):
                self.report(name, word)

    def report(self, name, position):
        self.platform.publish(f"switches/{name}", json.dumps({"position": position}))

    def fault_on_l4_5(self):
        """The trip and the indications of a fault on the line L4-5."""
        for name in PATH[1:]:
            self.platform.publish(f"indicators/{name}", json.dumps({"passed": True, "loss_of_voltage": True}))
        self.platform.publish("indicators/L4-5.N5", json.dumps({"passed": False}))
        self.report("L1-2.N2", "open")
        self.platform.publish("protection/L1-2.N2", json.dumps({"trip": True, "locked_out": True}))

    def close(self):
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def devices(start, site):
    text = MANIFEST.read_text().replace("confirm_seconds: 10", "confirm_seconds: 3")
    (site / "services" / "fault-restoration.yaml").write_text(text)
    platform = start()
    wait_until(lambda: platform.service("fault-restoration")["state"] == "running", "the service to run")
    switches = Switches(platform)
    yield platform, switches
    switches.close()


def fault(platform, name="F1"):
    answer = platform.request("GET", f"/api/fault-restoration/faults/{name}")
    return answer.json() if answer.status_code == 200 else {"state": "none"}


def act(platform, verb, body=None, name="F1", user="operator"):
    return platform.request("POST", f"/api/fault-restoration/faults/{name}/{verb}", user=user, password=user, json=body or {})


def wait_for(platform, state, name="F1"):
    wait_until(lambda: fault(platform, name)["state"] == state, f"{name} to be {state}", 60)
    return fault(platform, name)


def test_switches_that_confirm_or_dawdle_carry_the_plan_out_in_its_order(devices):
    platform, switches = devices
    switches.behaviour["L4-5.N5"] = "dawdles"
    switches.fault_on_l4_5()
    proposed = wait_for(platform, "proposed")
    assert proposed["verdict"] == "located" and proposed["candidates"][0]["section"] == "the section between L4-5.N4 and L4-5.N5"
    assert all(not step["after"]["violations"] and step["after"]["radial"] and step["after"]["fault_dead"] for step in proposed["steps"])
    assert switches.orders == []
    assert act(platform, "approve", user="viewer").status_code == 403
    assert act(platform, "approve", {"proposal": proposed["proposal"]}).status_code == 200
    completed = wait_for(platform, "completed")
    words = {"open": "open", "close": "closed"}
    assert switches.orders == [(step["switch"], words[step["action"]]) for step in completed["steps"]]
    assert all(step["state"] == "confirmed" for step in completed["steps"])

    card = subprocess.run(
        ["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-t", "faults/cigre-mv/F1", "-C", "1", "-W", "20"],
        capture_output=True, check=True)
    assert json.loads(card.stdout)["state"] == "completed"
    outcomes = platform.request("GET", "/api/commands?limit=60").json()["commands"]
    assert sum(one["class"] == "flisr" and one["outcome"] == "confirmed" for one in outcomes) == len(completed["steps"])

    assert act(platform, "repaired").status_code == 200
    assert act(platform, "approve").status_code == 200
    wait_for(platform, "closed")


@pytest.mark.parametrize("behaviour", ["dies", "refuses"])
def test_a_switch_that_does_not_do_it_stops_the_sequence_and_another_plan_goes_round_it(devices, behaviour):
    platform, switches = devices
    switches.fault_on_l4_5()
    wait_for(platform, "proposed")
    switches.behaviour["L4-5.N4"] = behaviour
    act(platform, "approve")
    stopped = wait_for(platform, "stopped")
    assert "L4-5.N4 did not report that it is open in time" in stopped["detail"]
    assert stopped["safe_state"].startswith("as the trip left it")
    assert switches.orders == [("L4-5.N4", "open")], "nothing goes out after a step that is not confirmed"
    assert act(platform, "plans").status_code == 200
    assert [one["switch"] for one in fault(platform)["plan"]["passed_over"]] == ["L4-5.N4"]
    act(platform, "approve")
    wait_for(platform, "completed")
    assert ("L4-5.N4", "open") not in switches.orders[1:]


def test_a_switch_that_an_operator_blocks_is_not_switched(devices):
    platform, switches = devices
    answer = platform.request(
        "PUT", "/api/commands/devices/L4-5.N5/lock", user="operator", password="operator", json={"note": "work on the line, ask Ben"})
    assert answer.status_code == 200, answer.text
    switches.fault_on_l4_5()
    proposed = wait_for(platform, "proposed")
    assert [(one["switch"], one["reason"]) for one in proposed["plan"]["passed_over"]] == [("L4-5.N5", "tagged")]
    act(platform, "approve")
    wait_for(platform, "completed")
    assert "L4-5.N5" not in [name for name, _ in switches.orders]


def test_a_fault_that_is_not_repaired_outlives_a_restart_of_the_service(devices):
    platform, switches = devices
    switches.fault_on_l4_5()
    wait_for(platform, "proposed")
    answer = platform.request("POST", "/api/services/fault-restoration/restart", user="engineer", password="engineer")
    assert answer.status_code == 200, answer.text
    wait_until(lambda: platform.service("fault-restoration")["state"] == "running", "the service to run again")
    kept = wait_for(platform, "stopped")
    assert "restarted" in kept["detail"] and kept["candidates"][0]["section"] == "the section between L4-5.N4 and L4-5.N5"


def test_the_demo_from_a_provoked_fault_to_the_return_to_normal(start, whole_site):
    platform = start(site=whole_site)
    wait_until(lambda: platform.service("fault-restoration")["state"] == "running", "the service to run")
    provoke = lambda verb, body: platform.request("POST", f"/api/grid-emulator/{verb}", user="operator", password="operator", json=body)
    # The positions of the emulated switches have to have come.
    wait_until(lambda: platform.request("GET", "/api/state-estimation/state").json().get("metered_values", 0) > 100, "the grid to report", 60)
    rows = platform.request("GET", "/api/fault-restoration/screening").json()["rows"]
    assert len(rows) == 17 and {"L4-5", "L8-9"} <= {row["name"] for row in rows}
    assert provoke("fault", {"equipment": "L8-9"}).status_code == 200
    proposed = wait_for(platform, "proposed")
    assert proposed["loads_from"] == "state estimate" and proposed["interrupted_kw"] > 0
    act(platform, "approve")
    completed = wait_for(platform, "completed")
    dead = {each["id"] for each in platform.request("GET", "/api/state-estimation/state").json()["nodes"] if not each["energised"]}
    wait_until(lambda: not {each["id"] for each in platform.request("GET", "/api/state-estimation/state").json()["nodes"]
                            if not each["energised"]}, f"every busbar to have voltage again ({dead}, {completed['detail']})", 30)
    assert provoke("repair", {}).status_code == 200
    assert act(platform, "repaired").status_code == 200
    act(platform, "approve")
    wait_for(platform, "closed")
    document = platform.request("GET", "/openapi.json").json()
    assert "/api/fault-restoration/faults/{fault}/approve" in document["paths"]
