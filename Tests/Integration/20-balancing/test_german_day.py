"""The day of the German site at 1,000 times real time, as its README tells to rehearse it: UC1 to UC4 one after another, while its emulated assets obey, lag,
refuse and vanish. What the services tell is compared with what the meter and the assets said on the databus; no limit of the site is broken."""

import json
import os
import re
import subprocess
import time
import warnings
from bisect import bisect_right
from collections import defaultdict
from datetime import datetime, timezone
from math import inf

import paho.mqtt.client as mqtt
import pytest
import requests
import yaml
from conftest import REPOSITORY, Platform, wait_until
from emulation import EmulatedSite
from metering import moment, spans

pytestmark = pytest.mark.skipif(
    "DSOTP_GERMAN_DAY" not in os.environ, reason="NOT RUN: the German site's day at 1,000 times real time needs two free cores; DSOTP_GERMAN_DAY=1 asks for it")

README = REPOSITORY / "manifests" / "germany" / "README.md"
COMMUNITY = "communities/abbenhausen"
TOPICS = ["exchange", "runs", "events", "plan"]
# How many times as fast as real time: what its README says, unless the machine does not keep that, or DSOTP_REHEARSAL_SPEED says that it won't. Then it
# is the next, and that is told as a warning.
SPEEDS = [1000, 500, 250]
# How often REST is asked, in seconds of the site's time.
SAMPLE = 250
# The field measures the exchange each 20 s of the site's time at 1,000 times real time. All longer than this is counted as late, in seconds, and with so
# much of it the machine does not keep the speed: what is late by then is 2 % of the energy of the day's slots.
PUNCTUAL, LATE = 60, 600
# By when the field is to be there: UC1 begins half an hour later.
BEGIN = datetime.fromisoformat("2026-06-01T01:00+02:00").timestamp()


class Record:
    """What was said on the databus: by topic, with its place in the order in which it came. When it was said stands in it: this client may be late."""

    def __init__(self, port):
        self.said, self.count = defaultdict(list), 0
        # When the exchange was measured last, and for how long it was not when it was to be, s of the site's time.
        self.measured, self.late_seconds = None, 0
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="record")
        self.client.username_pw_set("admin", "admin")
        self.client.on_message, self.client.on_connect = self.take, self.subscribe
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def subscribe(self, client, *_):
        client.subscribe([(f"{COMMUNITY}/{leaf}", 1) for leaf in TOPICS] + [("assets/+/report", 0), ("setpoints/+", 0), ("setpoints/+/ack", 0)])

    def take(self, client, _, message):
        body = json.loads(message.payload)
        self.count += 1
        self.said[message.topic].append((self.count, body))
        if message.topic == f"{COMMUNITY}/exchange":
            measured = moment(body["timestamp"])
            self.late_seconds += max(0, measured - (self.measured or BEGIN) - PUNCTUAL)
            self.measured = measured

    def bodies(self, topic):
        return [body for _, body in self.said[topic]]

    def stop(self):
        self.client.loop_stop()
        self.client.disconnect()


class Day:
    """A day that was rehearsed: the site, what was recorded, and what was answered over REST meanwhile."""

    def __init__(self, site, record):
        self.record, self.details, self.estimates, self.health = record, [], [], []
        self.emulation = yaml.safe_load((site / "emulation.yaml").read_text())
        manifest = lambda name: yaml.safe_load((site / "services" / f"{name}.yaml").read_text())["config"]
        self.community, self.grid = manifest("community-balancing")["communities"][0], manifest("state-estimation")
        self.trouble = self.emulation["trouble"]
        # Largest power into and out of each asset, kW; capacities of the batteries, kWh.
        self.reach, self.capacity = {}, {}
        for battery in self.emulation["batteries"] + [house["battery"] for house in self.emulation["customers"] if "battery" in house]:
            self.reach[battery["id"]], self.capacity[battery["id"]] = (-battery["kw"], battery["kw"]), battery["kwh"]
        for house in self.emulation["customers"]:
            for device in (house[kind] for kind in ("vehicle", "heat_pump") if kind in house):
                self.reach[device["id"]] = (0, device["kw"])

    def watch(self, platform):
        """Takes a sample over REST; whether the day is over."""
        get = lambda path: platform.request("GET", path, user="viewer", password="viewer").json()
        self.details.append(get(f"/api/community-balancing/{COMMUNITY}"))
        self.estimates.append(get("/api/state-estimation/state"))
        self.health.append(json.dumps(get("/api/services/community-balancing")))
        return len(self.runs) == 4

    @property
    def runs(self):
        return self.record.bodies(f"{COMMUNITY}/runs")

    def reports(self, asset):
        return [(moment(body["timestamp"]), body["power_kw"], body.get("energy_kwh")) for body in self.record.bodies(f"assets/{asset}/report")]

    def events(self, *kinds):
        return [event for event in self.record.bodies(f"{COMMUNITY}/events") if event["kind"] in kinds]

    def states(self, asset):
        """What the service said over REST of an asset, one after another."""
        return [member["state"] for detail in self.details for member in detail["members"] if member["id"] == asset]

    def story(self):
        """What the service told, for the message of a failure."""
        return "\n".join(f"{event['time'][11:16]} {event['sentence']}" for event in self.record.bodies(f"{COMMUNITY}/events") if event["kind"] != "announced")


def rehearsal(folder):
    """Makes the copy of the site that its README describes; returns the arguments of `run` and of `emulate site`."""
    block = re.search(r"## Rehearse its day\n.*?```sh\n(.*?)```", README.read_text(), re.DOTALL)[1].replace("/tmp/rehearsal", str(folder))
    lines = block.splitlines()
    run, emulate = (next(line for line in lines if line.startswith(f"dsotp {verb} ")) for verb in ("run", "emulate"))
    preparation = block[:block.index(run)]
    done = subprocess.run(["bash", "-euc", preparation], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    arguments = lambda line: line.split("#")[0].split(str(folder))[1].split()
    return arguments(run), arguments(emulate)


def rehearse(folder, speed):
    """A day of a copy of the site; None if the machine does not keep the speed."""
    run, emulate = rehearsal(folder)
    assert run[:2] == ["--speed", str(SPEEDS[0])]
    platform = Platform(folder, folder.parent / "data", ["--speed", str(speed), *run[2:]])
    field = record = None
    try:
        platform.start()
        record = Record(platform.databus_port)
        field = EmulatedSite(folder, platform, *emulate)
        day, due = Day(folder, record), 0

        def is_over():
            nonlocal due
            if time.monotonic() < due:
                return False
            due = time.monotonic() + SAMPLE / speed
            return day.watch(platform) or record.late_seconds > LATE

        try:
            wait_until(is_over, "the day's four runs", 120_000 / speed)
        except requests.Timeout:
            if record.late_seconds <= LATE:
                raise
        if record.late_seconds > LATE:
            return None
        day.page = platform.request("GET", f"/api/community-balancing/{COMMUNITY}/runs/4/report", params={"format": "html"})
        return day
    finally:
        for each in (field, record, platform):
            if each:
                each.stop()


@pytest.fixture(scope="module")
def day(executable, tmp_path_factory):
    for speed in SPEEDS:
        keeps = speed <= float(os.environ.get("DSOTP_REHEARSAL_SPEED", SPEEDS[0]))
        day = rehearse(tmp_path_factory.mktemp("germany") / "rehearsal", speed) if keeps else None
        if day:
            return day
        warnings.warn(f"THE DAY WAS NOT PLAYED AT {speed} TIMES REAL TIME: this machine, or what else runs on it, does not keep that", stacklevel=1)
    pytest.fail(f"this machine does not keep {SPEEDS[-1]} times real time")


def metered(day):
    """The meter's samples `(time, exchange)`, kW."""
    return [(moment(body["timestamp"]), body["power_kw"]) for body in day.record.bodies(f"{COMMUNITY}/exchange")]


def metered_with_storage(day):
    """Those of the meter's samples at which the batteries reported too, each minute, with what all of them did: `(time, exchange, storage)`, kW. Of a
    battery that is silent nothing is known."""
    reports = defaultdict(dict)
    for battery in day.capacity:
        for at, power, _ in day.reports(battery):
            reports[at][battery] = power
    powers, samples = {}, []
    silent = {moment(event["time"]): (event["asset"], event["kind"] == "silent") for event in day.events("silent", "returned")}
    for at, exchange in metered(day):
        for since in [since for since in silent if since <= at]:
            asset, is_silent = silent.pop(since)
            if is_silent:
                powers.pop(asset, None)
        powers.update(reports.get(at, {}))
        if at in reports:
            samples.append((at, exchange, sum(powers.values())))
    return samples


def near(told, computed, part, least):
    return abs(told - computed) <= max(part * abs(computed), least)


def test_the_use_cases_follow_one_another_and_their_indicators_are_those_of_the_meter(day):
    assert [run["use_case"] for run in day.runs] == ["UC1", "UC2", "UC3", "UC4"]
    samples, with_storage, limit = metered(day), metered_with_storage(day), day.community["transformer"]["import_kw"]
    for run in day.runs:
        begin, end = moment(run["begin"]), moment(run["end"])
        own, told = list(spans(samples, begin, end)), run["indicators"]
        computed = {
            "hours": (end - begin) / 3600,
            "import_kwh": sum(hours * max(0, exchange) for hours, exchange in own),
            "export_kwh": sum(hours * max(0, -exchange) for hours, exchange in own),
            "saved_kwh": sum(hours * (abs(exchange - storage) - abs(exchange)) for hours, exchange, storage in spans(with_storage, begin, end)),
        }
        for key, value in computed.items():
            # The storage is known from reports each minute, while the loop tells batteries something else each turn.
            part = 0.08 if key == "saved_kwh" else 0.04
            assert near(told[key], value, part, 3), f"{run['use_case']}: {key} is told as {told[key]}, computed as {value}"
        peaks = {"peak_import_kw": max(0, *(exchange for _, exchange in own)), "peak_export_kw": max(0, *(-exchange for _, exchange in own))}
        for key, value in peaks.items():
            assert near(told[key], value, 0.05, 5), f"{run['use_case']}: {key} is told as {told[key]}, computed as {value}"
        for slot in run["slots"]:
            entry = next(entry for entry in day.community["schedule"] if any(one["id"] == slot["id"] for one in entry.get("slots", [])))
            ordered = next(one for one in entry["slots"] if one["id"] == slot["id"])
            window = [datetime.fromisoformat(f"2026-06-01T{ordered[key]}+02:00").timestamp() for key in ("start", "end")]
            passed = (1 if run["use_case"] == "UC3" else -1) * sum(hours * exchange for hours, exchange in spans(samples, *window))
            assert near(slot["announced_kwh"], ordered["energy_kwh"], 0, 1e-6)
            assert near(slot["delivered_kwh"], passed, 0.05, 2), f"{slot} against {passed}"
            # A turn of the loop, and the way of a set-point and back, last a minute or two of this site's time at both ends of a slot.
            assert near(passed, ordered["energy_kwh"], 0.15, 0), f"{passed} kWh passed in the slot {slot['id']}: {day.story()}"
    island, set_point = day.runs[0]["indicators"], day.runs[1]["indicators"]
    assert island["saved_kwh"] > 0.5 * (island["import_kwh"] + island["export_kwh"])
    errors = [(hours, exchange - day.community["schedule"][1]["target_kw"]) for hours, exchange in spans(samples, *(moment(day.runs[1][key]) for key in ("begin", "end")))]
    within = sum(hours for hours, error in errors if abs(error) <= 0.02 * limit) / sum(hours for hours, _ in errors)
    # The service counts from the first plan on.
    assert set_point["time_within_band"] > 0.85 and 0.7 < within < set_point["time_within_band"] + 0.05, f"{set_point} against {within}"
    assert day.page.status_code == 200 and "UC4" in day.page.text


def test_the_asset_that_refuses_is_named_and_planned_around(day):
    [refusing] = day.trouble["refuse"]["assets"]
    assert day.record.said[f"setpoints/{refusing}"] and not day.record.said[f"setpoints/{refusing}/ack"]
    told = [event for event in day.events("deviating") if event["asset"] == refusing]
    assert told and "did not acknowledge" in told[0]["sentence"] and refusing in told[0]["sentence"], day.story()
    assert "deviating" in day.states(refusing)
    assert any("does without" in text and refusing in text for text in day.health), day.health[-1]
    # Nobody else is taken for one that refuses.
    assert {event["asset"] for event in day.events("deviating")} == {refusing}, day.story()
    found = next(place for place, event in day.record.said[f"{COMMUNITY}/events"] if event == told[0])
    before, after = ([body for place, body in day.record.said[f"{COMMUNITY}/plan"] if (place > found) == is_after] for is_after in (False, True))
    assert refusing in before[-1]["powers_kw"] and any(refusing not in plan["powers_kw"] for plan in after[:2]), day.story()


def test_the_asset_that_vanishes_is_planned_around_and_taken_back_in(day):
    [cut] = day.trouble["cuts"]
    [vanishing] = cut["devices"]
    events = {event["kind"]: place for place, event in day.record.said[f"{COMMUNITY}/events"] if event["asset"] == vanishing and event["kind"] in ("silent", "returned")}
    assert list(events) == ["silent", "returned"], day.story()
    plans = [(place, body["powers_kw"]) for place, body in day.record.said[f"{COMMUNITY}/plan"]]
    before = [powers for place, powers in plans if place < events["silent"]]
    meanwhile = [powers for place, powers in plans if events["silent"] < place < events["returned"]]
    after = [powers for place, powers in plans if place > events["returned"]]
    assert vanishing in before[-1] and vanishing not in meanwhile[-1] and vanishing in after[-1], day.story()
    states = day.states(vanishing)
    assert "silent" in states and states[-1] == "available"
    # Nothing is asked of it while it is away, but for what was under way.
    asked = [place for place, *_ in day.record.said[f"setpoints/{vanishing}"]]
    assert sum(events["silent"] < place < events["returned"] for place in asked) <= 2 and asked[-1] > events["returned"]


def test_the_asset_that_lags_is_waited_for_and_the_others_follow_at_once(day):
    [lagging] = day.trouble["lag"]["assets"]
    assert day.record.said[f"setpoints/{lagging}/ack"] and set(day.states(lagging)) <= {"unheard", "available"}, day.story()
    lag = 60 * int(day.trouble["lag"]["for"].rstrip("m"))
    now, later = deviation(day, lagging, 0), deviation(day, lagging, lag)
    assert later < 0.7 * now, f"{lagging} differs by {now:.3f} kW from what it was told last, by {later:.3f} kW from what it was told {lag} s before"
    now, later = deviation(day, "bess", 0), deviation(day, "bess", lag)
    assert now < later, f"bess differs by {now:.3f} kW from what it was told last, by {later:.3f} kW from what it was told {lag} s before"


def deviation(day, asset, before):
    """Mean deviation of what an asset reports from what it had been told some seconds before, kW, while UC2 to UC4 run."""
    values = {body["command"]: body["value"] for body in day.record.bodies(f"setpoints/{asset}")}
    told = sorted((moment(body["timestamp"]), values[body["command"]]) for body in day.record.bodies(f"setpoints/{asset}/ack"))
    windows = [(moment(run["begin"]) + 900, moment(run["end"])) for run in day.runs[1:]]
    reports = [(at, power) for at, power, _ in day.reports(asset) if any(begin <= at < end for begin, end in windows)]
    errors = [abs(power - told[bisect_right(told, (at - before, inf)) - 1][1]) for at, power in reports]
    return sum(errors) / len(errors)


def test_no_limit_of_the_site_is_broken(day):
    transformer = day.community["transformer"]
    beyond = [(datetime.fromtimestamp(at, timezone.utc).isoformat(), exchange) for at, exchange in metered(day)
              if not -transformer["export_kw"] <= exchange <= transformer["import_kw"]]
    assert not beyond, f"{beyond[:20]}: {day.story()}"
    for asset, (low, high) in day.reach.items():
        asked = day.record.bodies(f"setpoints/{asset}")
        assert all(low - 1e-6 <= body["value"] <= high + 1e-6 for body in asked), asset
    assert sum(len(day.record.said[f"setpoints/{asset}"]) > 0 for asset in day.reach) > 30
    [battery] = day.community["assets"]
    stored = [100 * energy / battery["capacity_kwh"] for _, _, energy in day.reports(battery["id"])]
    assert battery["soc_min_percent"] - 1 <= min(stored) and max(stored) <= battery["soc_max_percent"] + 1, (min(stored), max(stored))
    # Voltages as the estimator sees them. What it says of the loadings of the houses' cables is not asked: nobody measures the battery's feeder for it, and
    # it puts down to the houses what the battery did since they were metered.
    limits, estimates = day.grid["limits"], [state for state in day.estimates if state.get("nodes")]
    assert len(estimates) > 50, len(estimates)
    volts = [node["per_unit"] for state in estimates for node in state["nodes"] if node.get("per_unit")]
    assert limits["voltage_low"] <= min(volts) and max(volts) <= limits["voltage_high"], (min(volts), max(volts))
