"""The demo's grid, live: emulated devices on the databus, the estimated state over REST, a switch thrown by hand."""

import json
import subprocess

import pytest
import requests
from conftest import wait_until


def state(platform):
    return requests.get(f"{platform.url}/api/state-estimation/state", auth=("admin", "admin"), timeout=30).json()


def node(state, name):
    return next(each for each in state["nodes"] if each["id"] == name)


@pytest.fixture
def grid(start, whole_site):
    platform = start(site=whole_site)
    wait_until(lambda: state(platform).get("metered_values", 0) > 100, "devices in the estimate", 60)
    return platform


def test_devices_on_the_databus_become_a_state_with_its_certainty(grid):
    now = state(grid)
    assert now["status"] == "converged", now["detail"]
    assert len(now["nodes"]) == 15 and all(each["energised"] for each in now["nodes"])
    measured = node(now, "N3")
    assert measured["source"] == "measured" and abs(measured["measured_volts"] - measured["volts"]) < 100
    unmeasured = node(now, "N14")
    assert unmeasured["source"] == "estimated" and 18_000 < unmeasured["volts"] < 22_000 and 0 < unmeasured["sigma_volts"] < 500

    answer = requests.get(f"{grid.url}/query", auth=("admin", "admin"), timeout=30, params={
        "db": "dsotp", "q": "SELECT voltmagnitude FROM estimate WHERE node = 'N14'"}).json()
    assert answer["results"][0]["series"][0]["values"]


def test_a_switch_that_an_operator_opens_changes_the_topology_within_a_frame(grid):
    order = {"topic": "switches/L3-4.N4/command", "payload": {"position": "open"}, "reason": "test",
             "confirm": {"topic": "switches/L3-4.N4", "field": "position", "value": "open", "within_seconds": 10}}
    answer = requests.post(f"{grid.url}/api/commands", auth=("operator", "operator"), json=order, timeout=30,
                           headers={"X-Requested-With": "test"})
    assert answer.status_code == 200, answer.text
    dead = lambda: {each["id"] for each in state(grid)["nodes"] if not each["energised"]}
    wait_until(lambda: dead() == {"N4", "N5", "N6"}, "the part behind the switch to be dead", 30)
    assert state(grid)["revision"] == 1

    order["topic"], order["payload"] = "switches/L4-11.N4/command", {"position": "closed"}
    order["confirm"] = {"topic": "switches/L4-11.N4", "field": "position", "value": "closed"}
    assert requests.post(f"{grid.url}/api/commands", auth=("operator", "operator"), json=order, timeout=30,
                         headers={"X-Requested-With": "test"}).status_code == 200
    wait_until(lambda: not dead(), "the part to be fed from the other side", 30)


def test_estimates_go_out_whole_and_one_message_a_component(grid):
    for topic, members in (("estimates/cigre-mv", {"grid", "nodes", "branches"}),
                           ("estimates/cigre-mv/components/N5", {"component", "timestamp", "readings"})):
        out = subprocess.run(["mosquitto_sub", "-p", str(grid.databus_port), "-u", "admin", "-P", "admin", "-t", topic, "-C", "1", "-W", "30"],
                             capture_output=True, check=True)
        assert members <= json.loads(out.stdout).keys()


def test_what_if_and_observability_answer_with_sentences(grid):
    post = lambda body: requests.post(f"{grid.url}/api/state-estimation/what-if", auth=("admin", "admin"), json=body, timeout=30,
                                      headers={"X-Requested-With": "test"})
    heavy = post({"scale": 2}).json()
    assert heavy["status"] == "what-if" and node(heavy, "N11")["per_unit"] < node(state(grid), "N11")["per_unit"]
    refused = post({"switches": {"nowhere": "open"}})
    assert refused.status_code == 400 and "no switch 'nowhere'" in refused.json()["error"]
    known = requests.get(f"{grid.url}/api/state-estimation/observability", auth=("admin", "admin"), timeout=30).json()
    assert known["with_profiles"] is True
