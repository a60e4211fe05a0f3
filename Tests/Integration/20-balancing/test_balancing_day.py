"""A day of a community at 1,000 times real time: UC1 to UC4 one after another by the daily schedule, with devices that are MQTT clients of their own and obey,
lag, refuse and vanish. The indicators of each run are computed again from what was on the databus; no limit is broken."""

import json
import math
import threading
import time
from datetime import datetime, timezone

import paho.mqtt.client as mqtt
import pytest
from conftest import wait_until

SPEED = 1000
BEGIN = datetime(2026, 5, 31, 22, tzinfo=timezone.utc)  # midnight in Berlin
LIMIT, POWER, CAPACITY = 100, 30, 100
NAMES = ("b1", "b2", "b3")

MANIFEST = """
service: community-balancing
library: CommunityBalancing
description: Balances the community of the test
enabled: true
isolation: in-process
subscribe: ["assets/+/report", "communities/+/exchange", "communities/+/mode/set", "forecasts/+"]
publish: ["communities/#"]
commands: {class: balancing, topics: ["setpoints/#"], rate: 1000/s}
config:
  communities:
    - name: abb
      time_zone: Europe/Berlin
      transformer: {import_kw: 100, export_kw: 100}
      forecasts: {load: abb-load, generation: abb-pv}
      period: 60
      assets:
%s
      watch: {silent_seconds: 600, follow_seconds: 600, repeat_seconds: 900, acknowledge_seconds: 600, tolerance_kw: 2}
      schedule:
        - {at: "00:15", mode: 1, duration_minutes: 465}
        - {at: "08:00", mode: 2, target_kw: 12, duration_minutes: 180}
        - {at: "11:00", mode: 4, duration_minutes: 300, slots: [{id: noon, start: "13:00", end: "15:00", energy_kwh: 40}]}
        - {at: "16:00", mode: 3, duration_minutes: 330, slots: [{id: evening, start: "18:00", end: "20:00", energy_kwh: 40}]}
""" % "".join(
    f"        - {{id: {name}, kind: battery, maximum_kw: {POWER}, feed_kw: {POWER}, capacity_kwh: {CAPACITY}, soc_final_percent: 40}}\n" for name in NAMES)


def load(hour):
    return 14 + 5 * math.exp(-((hour - 8) / 2) ** 2) + 9 * math.exp(-((hour - 19) / 2.5) ** 2)


def sun(hour):
    return max(0.0, 38 * math.sin(math.pi * (hour - 6) / 15)) if 6 < hour < 21 else 0.0


class Device:
    """A battery with an MQTT connection of its own."""

    def __init__(self, name, port):
        self.name, self.behaviour = name, "obeys"
        self.power = self.wanted = 0.0
        self.energy, self.lowest, self.highest, self.orders = 28.0, 28.0, 28.0, []
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"battery-{name}")
        self.client.username_pw_set("admin", "admin")
        self.client.on_message = self.take
        self.client.connect("127.0.0.1", port)
        self.client.subscribe(f"setpoints/{name}", qos=1)
        self.client.loop_start()

    def take(self, client, _, message):
        order = json.loads(message.payload)
        self.orders.append(order["value"])
        if self.behaviour == "silent":
            return
        self.wanted = order["value"]
        client.publish(f"setpoints/{self.name}/ack", json.dumps({"command": order["command"]}), qos=1)

    def move(self, hours):
        if self.behaviour == "silent":
            self.power = 0.0
        elif self.behaviour == "lags":
            self.power += 0.4 * (self.wanted - self.power)
        elif self.behaviour == "obeys":
            self.power = self.wanted
        self.energy += self.power * hours * (0.95 if self.power > 0 else 1 / 0.95)
        self.lowest, self.highest = min(self.lowest, self.energy), max(self.highest, self.energy)
        if self.behaviour != "silent":
            low, high = (0 if self.energy < 0.06 * CAPACITY else -POWER), (0 if self.energy > 0.98 * CAPACITY else POWER)
            self.client.publish(f"assets/{self.name}/report", json.dumps({"power_kw": self.power, "band_kw": [low, high], "energy_kwh": self.energy}))


class Field:
    """The community: its devices, the meter at the transformer, and what it recorded."""

    def __init__(self, port):
        self.origin, self.samples, self.runs, self.states, self.running = None, [], [], [], True
        self.meter = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="meter")
        self.meter.username_pw_set("admin", "admin")
        self.meter.on_message = self.take
        self.meter.connect("127.0.0.1", port)
        self.meter.subscribe([("$SYS/dsotp/clock", 1), ("communities/abb/runs", 1), ("communities/abb/events", 1)])
        self.meter.loop_start()
        wait_until(lambda: self.origin, "the site's clock to be told")
        self.devices = {name: Device(name, port) for name in NAMES}
        self.forecast()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def take(self, client, _, message):
        body = json.loads(message.payload)
        if message.topic.endswith("clock"):
            self.speed, self.origin = body["speed"], (parse(body["time"]), parse(body["at"]))
        else:
            (self.runs if message.topic.endswith("runs") else self.states).append(body)

    def now(self):
        begin, at = self.origin
        return begin + (time.time() - at) * self.speed

    def hour(self, now):
        return (now - BEGIN.timestamp()) / 3600

    def forecast(self):
        for series, shape, error in (("abb-load", load, 1.0), ("abb-pv", sun, 0.97)):
            values = [error * shape((step + 0.5) / 4) for step in range(4 * 48)]
            self.meter.publish(f"forecasts/{series}", json.dumps(
                {"series": series, "unit": "kW", "start": BEGIN.isoformat(), "step_minutes": 15, "quantiles": {"q50": values}}), qos=1)

    def behave(self, hour):
        self.devices["b2"].behaviour = "lags" if 8 <= hour < 11 else "obeys"
        self.devices["b3"].behaviour = "refuses" if 8 <= hour < 10.5 else "obeys"
        self.devices["b1"].behaviour = "silent" if 11.5 <= hour < 12.4 else "obeys"

    def run(self):
        last = self.now()
        while self.running:
            now = self.now()
            self.behave(self.hour(now))
            for device in self.devices.values():
                device.move((now - last) / 3600)
            last, hour = now, self.hour(now)
            power = {name: device.power for name, device in self.devices.items()}
            exchange = load(hour) - sun(hour) + sum(power.values())
            self.meter.publish("communities/abb/exchange", json.dumps({"power_kw": exchange}))
            self.samples.append((now, exchange, sum(power.values())))
            time.sleep(0.03)

    def stop(self):
        self.running = False
        self.thread.join(5)
        for client in [self.meter, *(device.client for device in self.devices.values())]:
            client.loop_stop()
            client.disconnect()


def parse(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")[:26] + "+00:00" if "." in text else text.replace("Z", "+00:00")).timestamp()


@pytest.fixture
def day(start, site):
    (site / "services" / "community-balancing.yaml").write_text(MANIFEST)
    platform = start(site=site, arguments=["--speed", str(SPEED), "--begin", BEGIN.strftime("%Y-%m-%dT%H:%M:%SZ")])
    field = Field(platform.databus_port)
    yield platform, field
    field.stop()


def offline(samples, begin, end):
    """The indicators of a run, from the meter's own samples."""
    window = [sample for sample in samples if begin <= sample[0] <= end]
    spans = [(now, exchange, storage, (after[0] - now) / 3600) for (now, exchange, storage), after in zip(window, window[1:])]
    imported = sum(max(0, exchange) * span for _, exchange, _, span in spans)
    exported = sum(max(0, -exchange) * span for _, exchange, _, span in spans)
    without = [(exchange - storage, span) for _, exchange, storage, span in spans]
    island = [span for _, exchange, _, span in spans if abs(exchange) <= 0.01 * LIMIT]
    return {"hours": sum(span for *_, span in spans), "import_kwh": imported, "export_kwh": exported, "island": sum(island),
            "saved_kwh": sum(abs(power) * span for power, span in without) - imported - exported, "spans": spans}


def told_of(field):
    """What the service told, for the message of a failure."""
    return "; ".join(f"{event['time'][11:16]} {event['sentence']}" for event in field.states)


def near(told, computed, part, least):
    return abs(told - computed) <= max(part * abs(computed), least)


def test_a_day_of_all_use_cases_at_a_thousand_times(day):
    platform, field = day
    wait_until(lambda: len(field.runs) == 4, "the day's four runs", 150)
    assert [run["use_case"] for run in field.runs] == ["UC1", "UC2", "UC4", "UC3"]
    field.running = False

    for run in field.runs:
        told, own = run["indicators"], offline(field.samples, parse(run["begin"]), parse(run["end"]))
        for key in ("hours", "import_kwh", "export_kwh", "saved_kwh"):
            assert near(told[key], own[key], 0.08, 4), f"{run['use_case']}: {key} is told as {told[key]}, computed as {own[key]}"
        for slot in run["slots"]:
            window = {"noon": (13, 15), "evening": (18, 20)}[slot["id"]]
            begin, end = (BEGIN.timestamp() + hour * 3600 for hour in window)
            sign = 1 if run["use_case"] == "UC3" else -1
            passed = sign * sum(exchange * span for now, exchange, _, span in own["spans"] if begin <= now < end)
            assert near(slot["announced_kwh"], 40, 0, 1e-6) and near(slot["delivered_kwh"], passed, 0.12, 2), f"{slot} against {passed}"
            assert near(passed, 40, 0.12, 0), f"{passed} kWh passed in the slot {slot['id']}: {told_of(field)}"

    island, set_point = field.runs[0]["indicators"], field.runs[1]["indicators"]
    assert island["saved_kwh"] > 0
    assert set_point["time_within_band"] > 0.5 and set_point["flexibility_availability"] > 0.5
    kinds = {(event["kind"], event["asset"]) for event in field.states}
    assert {("silent", "b1"), ("returned", "b1")} <= kinds, kinds

    for device in field.devices.values():
        assert device.orders and max(abs(value) for value in device.orders) <= POWER + 1e-6
        assert 0.05 * CAPACITY - 2 <= device.lowest and device.highest <= CAPACITY
    assert max(abs(exchange) for _, exchange, _ in field.samples) <= LIMIT
    report = platform.request("GET", "/api/community-balancing/communities/abb/runs/4/report", params={"format": "html"})
    assert report.status_code == 200 and "UC3" in report.text
