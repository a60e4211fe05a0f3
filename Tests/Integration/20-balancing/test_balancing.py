"""A community over MQTT on a clock five times as fast, with steps of a minute and a loop of a second; assets that obey, lag, refuse and vanish; UC1 to UC4 in turn."""

import json
import threading
import time
from datetime import datetime, timedelta, timezone

import paho.mqtt.client as mqtt
import pytest
from conftest import wait_until
from metering import SiteTime, spans

SPEED = 5

MANIFEST = """
service: community-balancing
library: CommunityBalancing
description: Balances the community of the test
enabled: true
isolation: in-process
labels: {console: community}
subscribe: ["assets/+/report", "communities/+/exchange", "communities/+/mode/set", "forecasts/+"]
publish: ["communities/#"]
commands: {class: balancing, topics: ["setpoints/#"], rate: 1000/s}
timeseries:
  write: [{database: dsotp, measurement: balancing}, {database: dsotp, measurement: balancing_run}]
config:
  communities:
    - name: abb
      transformer: {import_kw: 100, export_kw: 100}
      period: 1
      step_minutes: 1
      horizon_hours: 1
      assets:
        - {id: b1, kind: battery, maximum_kw: 30, feed_kw: 30, capacity_kwh: 60, soc_final_percent: 5}
        - {id: b2, kind: battery, maximum_kw: 30, feed_kw: 30, capacity_kwh: 60, soc_final_percent: 5}
        - {id: b3, kind: battery, maximum_kw: 30, feed_kw: 30, capacity_kwh: 60, soc_final_percent: 5}
      watch: {silent_seconds: 15, follow_seconds: 15, repeat_seconds: 10, acknowledge_seconds: 10, tolerance_kw: 1}
  store: {database: dsotp}
"""


class Field:
    """The community's devices: batteries and the transformer's meter, on the databus."""

    def __init__(self, port):
        self.power = dict.fromkeys(("b1", "b2", "b3"), 0.0)
        self.wanted, self.energy = dict(self.power), dict.fromkeys(self.power, 30.0)
        self.behaviour = dict.fromkeys(self.power, "obeys")
        self.load, self.breaches, self.samples, self.running, self.clock = 20.0, [], [], True, None
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.username_pw_set("admin", "admin")
        self.client.on_message = self.take
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([("setpoints/+", 1), (SiteTime.TOPIC, 1)])
        self.client.loop_start()
        wait_until(lambda: self.clock, "the site's clock to be told")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def now(self):
        """The site's time."""
        return self.clock.at(time.time())

    def take(self, client, _, message):
        if message.topic == SiteTime.TOPIC:
            self.clock = SiteTime(json.loads(message.payload))
            return
        name, order = message.topic.split("/")[1], json.loads(message.payload)
        if abs(order["value"]) > 30.001:
            self.breaches.append((name, order["value"]))
        if self.behaviour[name] == "silent":
            return
        self.wanted[name] = order["value"]
        client.publish(f"setpoints/{name}/ack", json.dumps({"command": order["command"]}), qos=1)

    def exchange(self):
        return self.load + sum(self.power.values())

    def run(self):
        last = self.now()
        while self.running:
            now = self.now()
            hours, last = (now - last) / 3600, now
            for name, behaviour in self.behaviour.items():
                if behaviour == "obeys":
                    self.power[name] = self.wanted[name]
                elif behaviour == "lags":
                    self.power[name] += 0.3 * (self.wanted[name] - self.power[name])
                self.energy[name] += self.power[name] * hours * (0.95 if self.power[name] > 0 else 1 / 0.95)
                if behaviour != "silent":
                    self.client.publish(f"assets/{name}/report", json.dumps(
                        {"power_kw": self.power[name], "band_kw": [-30, 30], "energy_kwh": self.energy[name]}))
            self.client.publish("communities/abb/exchange", json.dumps({"power_kw": self.exchange()}))
            self.samples.append((now, self.exchange()))
            time.sleep(0.1)

    def stop(self):
        self.running = False
        self.thread.join(5)
        self.client.loop_stop()
        self.client.disconnect()


@pytest.fixture
def community(start, site):
    (site / "services" / "community-balancing.yaml").write_text(MANIFEST)
    platform = start(site=site, arguments=["--speed", str(SPEED)])
    field = Field(platform.databus_port)
    yield platform, field
    field.stop()


def api(platform, path):
    answer = platform.request("GET", f"/api/community-balancing/communities/abb{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def mode(platform, **body):
    answer = platform.request("PUT", "/api/community-balancing/communities/abb/mode", user="operator", password="operator", json=body,
                              headers={"X-Requested-With": "test"})
    assert answer.status_code == 200, answer.text


def state_of(platform, name):
    return next(each["state"] for each in api(platform, "")["members"] if each["id"] == name)


def test_use_cases_one_after_another_with_assets_of_every_kind(community):
    platform, field = community
    wait_until(lambda: api(platform, "")["available"] == 3, "the assets to report")

    # UC1 by MQTT: the exchange goes where the plan says, and a change of the load is made up for.
    platform.publish("communities/abb/mode/set", "1")
    wait_until(lambda: api(platform, "")["state"] == "following", "the island to be followed", 60)
    field.load = 26.0
    near = lambda: abs(field.exchange() - (api(platform, "")["target_kw"] if api(platform, "")["target_kw"] is not None else 1e9)) < 2
    wait_until(near, "the exchange to be back at its target", 30)

    # UC2 by REST: one asset lags, one refuses: it is found, and the others do its part.
    field.behaviour.update(b2="lags", b3="refuses")
    mode(platform, mode=2, target_kw=-15)
    wait_until(lambda: state_of(platform, "b3") == "deviating", "the asset that refuses to be found", 60)
    wait_until(lambda: abs(field.exchange() + 15) < 2, "the set-point to be kept by the others", 60)
    field.behaviour.update(b3="obeys")
    wait_until(lambda: state_of(platform, "b3") == "available", "the asset to be taken back in", 60)

    # One vanishes and comes back.
    field.behaviour.update(b1="silent")
    field.power["b1"] = 0.0
    wait_until(lambda: state_of(platform, "b1") == "silent", "the asset that vanished to be told", 60)
    wait_until(lambda: abs(field.exchange() + 15) < 2, "the set-point to be kept without it", 60)
    field.behaviour.update(b1="obeys")
    wait_until(lambda: state_of(platform, "b1") == "available", "the asset to be back", 60)

    # UC3 and UC4: a slot of a minute in each direction; outside of it nothing passes.
    for number, sign in ((3, 1), (4, -1)):
        begin = datetime.fromtimestamp(field.now(), timezone.utc).replace(second=0, microsecond=0) + timedelta(minutes=2)
        end = begin + timedelta(minutes=1)
        mode(platform, mode=number, slots=[{"id": "slot", "start": begin.isoformat(), "end": end.isoformat(), "power_kw": 12}], end=end.isoformat())
        wait_until(lambda: field.now() > begin.timestamp() + 10, "the slot to begin", 80)
        wait_until(lambda: abs(field.exchange() - sign * 12) < 2, f"the package of mode {number} to pass the transformer", 30)
        if number == 3:
            wait_until(lambda: api(platform, "")["mode"] == 0, "the slot's end to end the mode", 80)
        else:
            mode(platform, mode=0)

    assert not field.breaches
    runs = api(platform, "/runs")["runs"]
    assert [run["mode"] for run in runs] == [4, 3, 2, 1]
    # The energy of the slot against what passed the transformer, integrated here from what the meter said.
    supply = runs[1]
    told, begin, end = supply["slots"][0], supply["begin"], datetime.fromisoformat(supply["end"])
    passed = sum(hours * power for hours, power in spans(field.samples, end.timestamp() - 60, end.timestamp()))
    assert abs(told["announced_kwh"] - 0.2) < 1e-6
    assert abs(told["delivered_kwh"] - passed) < 0.03 and abs(passed - 0.2) < 0.06
    assert platform.rows("SELECT count(import_kwh) FROM balancing_run")[0][1] == 4
    report = platform.request("GET", "/api/community-balancing/communities/abb/runs/1/report", params={"format": "csv"})
    assert report.headers["Content-Type"].startswith("text/csv") and "Self-sufficiency" in report.text
