"""The sites beside the demo, each fed by `dsotp emulate site` at many times real time: estimates, forecasts and plans appear, the READMEs' commands work."""

import csv
import io
import re
import subprocess

import pytest
from conftest import DSOTP, REPOSITORY, Platform, wait_until
from emulation import EmulatedSite

SITES = REPOSITORY / "manifests"


@pytest.fixture
def play(executable, tmp_path):
    """Starts a site at a pace, and its field."""
    running = []

    def player(site, begin, speed, *arguments):
        platform = Platform(SITES / site, tmp_path / "data", ["--speed", str(speed), "--begin", begin])
        running.append(platform)
        platform.start()
        field = EmulatedSite(SITES / site, platform, *arguments)
        running.append(field)
        return platform, field

    yield player
    for each in reversed(running):
        each.stop()


@pytest.fixture
def play_alone(executable, tmp_path):
    """Starts a site that plays its own field."""
    running = []

    def player(site):
        running.append(Platform(SITES / site, tmp_path / "data", []))
        return running[-1].start()

    yield player
    for each in running:
        each.stop()


def api(platform, path, **options):
    answer = platform.request("GET", "/api" + path, user="viewer", password="viewer", **options)
    return answer.json() if answer.status_code == 200 else None


def readme_commands(site, platform):
    """The commands that talk to the platform, as they stand in the site's README, at this platform's ports."""
    blocks = re.findall(r"```sh\n(.*?)```", (SITES / site / "README.md").read_text(), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    for line in lines:
        if line.startswith(("curl ", "mosquitto_")):
            line = line.replace("http://127.0.0.1:8080", platform.url).replace("-p 1883", f"-p {platform.databus_port}")
            yield line.replace("curl ", "curl -sS --fail-with-body ", 1)


def run_readme(site, platform):
    commands = list(readme_commands(site, platform))
    assert len(commands) >= 4
    for command in commands:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("site", ["demo", "germany", "greece"])
def test_a_site_is_in_order(executable, site):
    checked = subprocess.run([DSOTP, "check", SITES / site], capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0 and checked.stderr == "", checked.stderr
    if (SITES / site / "emulation.yaml").exists():
        fits = subprocess.run([DSOTP, "emulate", "site", SITES / site, "--check"], capture_output=True, text=True, timeout=120)
        assert fits.returncode == 0 and fits.stdout.rstrip().endswith("in order"), fits.stdout + fits.stderr


def test_the_community_of_germany_is_estimated_forecast_and_balanced(play):
    platform, field = play("germany", "2026-06-01T09:00:00Z", 60, "--history", "3")
    wait_until(field.whole, "all devices to be connected", 60)
    assert field.statistics()[1] > 90
    community = "/community-balancing/communities/abbenhausen"
    wait_until(lambda: (api(platform, community) or {}).get("available", 0) >= 38, "the assets to announce themselves", 60)

    # The estimate: the transformer and most houses are measured, the others are supposed by their profile.
    state = wait_until(lambda: (lambda s: s if s and s.get("nodes") else None)(api(platform, "/state-estimation/state")), "an estimate", 60)
    assert 0.9 < min(node["per_unit"] for node in state["nodes"] if node.get("per_unit")) < 1.1

    # The forecasts, from the past that the field told.
    def fan():
        answer = api(platform, "/forecasting/series/abbenhausen-pv/forecast")
        return answer if answer and max(answer["quantiles"]["q50"]) > 20 else None
    noon = wait_until(fan, "a forecast of the roofs", 60)
    assert all(low <= high for low, high in zip(noon["quantiles"]["q10"], noon["quantiles"]["q90"]))

    # UC1 by MQTT, then UC2 over REST, as an operator does it.
    assert platform.publish("communities/abbenhausen/mode/set", "1", user="operator", password="operator").returncode == 0
    wait_until(lambda: api(platform, community)["mode"] == 1, "UC1 to begin")
    wait_until(lambda: (lambda c: c["target_kw"] is not None and abs(c["exchange_kw"] - c["target_kw"]) < 15)(api(platform, community)), "the island to be followed", 60)
    run_readme("germany", platform)
    wait_until(lambda: api(platform, community)["mode"] == 0, "the README's last command to stop it")
    # For spreadsheets, as German ones read them: the houses' quarter hours, the community's exchange.
    def table(name):
        files = [file["name"] for file in api(platform, "/csv-exporter/files")["files"] if file["name"].startswith(name)]
        text = platform.request("GET", f"/api/csv-exporter/files/{files[-1]}", user="viewer", password="viewer").text if files else ""
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    exchanges = [row["exchange_kw"] for row in wait_until(lambda: table("community"), "the community's file")]
    assert any(re.fullmatch(r"-?\d+,\d+", value) for value in exchanges) and not any("." in value for value in exchanges)
    house = wait_until(lambda: [row for row in table("meters") if row["device"] == "meter-H02" and row["measurand"] == "activepower"], "a house in the meters' file", 60)[0]
    assert re.fullmatch(r"01\.06\.2026 \d\d:\d\d:\d\d,\d{3}", house["time"]) and house["utc_offset"] == "+02:00", house
    modes = lambda: [run["mode"] for run in api(platform, community + "/runs")["runs"]]
    wait_until(lambda: 1 in modes(), "the runs to be told")
    assert field.stop() == 0


def test_greece_says_what_of_its_state_is_measured_and_what_is_supposed(play):
    platform, field = play("greece", "2026-06-01T02:50:00Z", 60, "--history", "3")
    wait_until(field.whole, "all devices to be connected", 60)
    state = wait_until(lambda: (lambda s: s if s and s.get("loads") else None)(api(platform, "/state-estimation/state")), "an estimate", 60)
    assert {load["basis"] for load in state["loads"]} >= {"profile"}
    # Some minutes after begin it is six in the morning in Athens: yesterday's readings come.
    bases = lambda: [load["basis"] for load in api(platform, "/state-estimation/state")["loads"]]
    wait_until(lambda: bases().count("reading") >= 15, "readings of the day before to become the basis of loads", 60)
    wait_until(lambda: platform.rows("SELECT count(activepower) FROM meter") and platform.rows("SELECT count(activepower) FROM meter")[0][1] > 23 * 96, "the readings in the store", 30)
    report = api(platform, "/state-estimation/observability")
    assert report["with_profiles"] and not report["observable"]
    assert "P21.3" in report["unobservable"] and "MV" not in report["unobservable"]
    supposed = {node["id"] for node in api(platform, "/state-estimation/state")["nodes"] if node["source"] == "pseudo-only"}
    assert "P21.3" in supposed and "MV" not in supposed
    wait_until(lambda: (api(platform, "/forecasting/series/substation/forecast") or {}).get("quantiles"), "a forecast of the substation", 60)
    # As soon as there are forecasts it is told what they exceed: the trunk of feeder P21, whose joints carry 30 A.
    needs = wait_until(lambda: api(platform, "/flexibility/needs"), "what the forecasts let foresee", 60)
    assert {each["element"] for each in needs["elements"]} == {"L-P21.2"}
    assert all(each["limit"] == pytest.approx(30) and each["value"] > 30 for each in needs["congestions"])
    # Tomorrow's network tariffs: losses everywhere, more at the end of a feeder; behind the trunk, in the hours that would load it beyond its joints, the limit.
    run_readme("greece", platform)
    tariff = wait_until(lambda: api(platform, "/flexibility/tariff"), "the tariffs of the day")
    nodes = {node["id"]: node for node in tariff["nodes"]}
    assert tariff["day"] == "2026-06-02" and len(tariff["hours"]) == 24 and len(nodes) >= 34 and {each["element"] for each in tariff["binding"]} == {"L-P21.2"}
    assert max(nodes["P21.18"]["losses"]) > max(nodes["MV"]["losses"]) > 0
    bound = {each["start"][:13] for each in tariff["binding"]}
    hours = [hour for hour, start in enumerate(tariff["hours"]) if start[:13] in bound]
    assert 1 <= len(hours) <= 8 and set(hours) <= set(range(17, 24)), f"bound at {sorted(bound)}"
    # The tie is open at its other end.
    behind = {"L-tie.P22.14.C", *(f"P21.{number}" for number in range(2, 19))}
    for name, node in nodes.items():
        # Elsewhere a kWh moves the line's current by its voltage alone. A quarter of an hour of the hour is a quarter of the violation's price.
        dear = [hour for hour, price in enumerate(node["current"]) if price > 0.05]
        assert dear == (hours if name in behind else []), name
    evening, night = hours[len(hours) // 2], 3
    price = lambda name, hour: nodes[name]["price"][hour]
    assert price("P21.18", evening) > price("P21.1", evening) + 0.1 and price("P21.18", evening) > price("P21.18", night) + 0.1 and price("P21.18", night) < 0.05
    assert field.stop() == 0


def test_the_demo_shows_itself_to_grafana_and_prometheus(play_alone):
    platform = play_alone("demo")
    volts = re.compile(r'^grid_estimated_voltage_volts\{grid="cigre-mv",node="N1"\} 2\d{4}', re.M)
    text = lambda: platform.request("GET", "/api/prometheus-exporter/metrics", user="viewer", password="viewer").text
    wait_until(lambda: volts.search(text()) and "grid_voltage_magnitude_volts" in text() and 'kind="meter"' in text(), "readings and estimates as metrics", 60)
    check = subprocess.run(["promtool", "check", "metrics"], input=text(), text=True, capture_output=True, timeout=60)
    assert check.returncode == 0, check.stdout + check.stderr
    # Sun and wind: the turbine feeds in, day and night.
    watts = re.findall(r'^grid_active_power_watts\{[^}]*component="W7"[^}]*\} (\S+)', text(), re.M)
    assert len(watts) == 3 and all(float(value) < 0 for value in watts)
    for name, row in {"pmu": "pmu-N1", "estimate": "N1"}.items():
        rows = lambda: [panel["title"] for panel in (api(platform, f"/grafana-exporter/dashboards/{name}") or {"panels": []})["panels"] if panel["type"] == "row"]
        wait_until(lambda: row in rows(), f"the row '{row}' of {name}", 60)


def test_the_field_comes_back_when_the_host_does(play):
    platform, field = play("greece", "2026-06-01T12:00:00Z", 60)
    wait_until(field.whole, "all devices to be connected", 60)
    arguments = ["--databus", f"127.0.0.1:{platform.databus_port}"]
    platform.stop()
    platform.arguments += arguments
    wait_until(lambda: field.statistics()[0] == 0, "the field to notice that the host is gone", 30)
    platform.start()
    wait_until(field.whole, "all devices to be back", 60)
    wait_until(lambda: (api(platform, "/state-estimation/state") or {}).get("nodes"), "an estimate after the restart", 60)
    assert field.stop() == 0 and any("ended" in line for line in field.lines)


def test_a_wrong_password_ends_the_field_with_a_sentence(play):
    platform, field = play("greece", "2026-06-01", 60, "--password", "wrong")
    assert field.process.wait(60) == 1
    field.reader.join(5)
    assert "password" in "\n".join(field.lines).lower()


def test_every_panel_of_the_sites_dashboards_finds_data(play):
    platform, field = play("germany", "2026-06-01T11:30:00Z", 60, "--history", "1")
    wait_until(field.whole, "all devices to be connected", 60)
    assert platform.publish("communities/abbenhausen/mode/set", "1", user="operator", password="operator").returncode == 0
    kinds = {"pmu": "pmu-station", "meters": "meter-H02", "estimate": "ONS", "forecast": "abbenhausen-load", "community": "abbenhausen", "health": "host"}
    titles = lambda name: [panel["title"] for panel in (api(platform, f"/grafana-exporter/dashboards/{name}") or {"panels": []})["panels"] if panel["type"] == "row"]
    for name, row in kinds.items():
        wait_until(lambda: {row, "$device", "$node"} & set(titles(name)), f"the row '{row}' of {name}", 90)
    assert titles("health")[0] == "host" and {"state-estimation", "community-balancing"} <= set(titles("health"))
    now = api(platform, "/clock")["time"]
    for name in kinds:
        dashboard, asked = api(platform, f"/grafana-exporter/dashboards/{name}"), 0
        panels = [panel for panel in dashboard["panels"] if panel["type"] == "timeseries"]
        for panel in panels[:12]:
            texts = []
            for target in panel["targets"]:
                text = target["query"].replace("$timeFilter", f"time > '{now}' - 2h AND time < '{now}' + 2d").replace("$__interval", "5m")
                texts.append(text.replace("/^$device$/", "/.*/").replace("/^$node$/", "/.*/"))
            asked += len(texts)

            # A rate needs values in two intervals of the query.
            def found():
                series = [one for text in texts for one in platform.query(text, database="dsotp").get("series", [])]
                return any(value is not None for one in series for row in one["values"] for value in row[1:])
            wait_until(found, f"data of {name}: {panel['title']}: {texts}", 60)
        assert asked >= len(panels[:12]) > 0
