"""The demo's forecasting, live: what the store holds becomes a model, a fan in the console, an answer over REST."""

import json
import subprocess
import sys
from pathlib import Path

import requests
from conftest import wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "04-console"))
from test_console import browser, find, log_in, picture, wait  # noqa: E402,F401  (browser is a fixture)


def get(platform, path):
    return requests.get(f"{platform.url}/api/forecasting{path}", auth=("admin", "admin"), timeout=30)


def ready(platform):
    answer = get(platform, "/series")
    return answer.status_code == 200 and all(one["quality"] == "good" and "issued" in one for one in answer.json()["series"])


def test_history_becomes_forecasts_in_the_store_on_the_databus_over_rest_and_in_the_console(start, whole_site, browser, tmp_path):  # noqa: F811
    platform = start(site=whole_site)
    wait_until(lambda: ready(platform), "four series forecast by models of their own", 240)
    series = {one["name"]: one for one in get(platform, "/series").json()["series"]}
    assert set(series) == {"houses", "shops", "roofs", "transformer"} and series["houses"]["history_days"] > 55

    out = subprocess.run(["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-t", "forecasts/roofs", "-C", "1", "-W", "30"],
                         capture_output=True, check=True)
    forecast = json.loads(out.stdout)
    assert all(0 <= value <= 1575 for row in forecast["quantiles"].values() for value in row), "a plant is never above its capacity"
    assert min(forecast["quantiles"]["q95"]) == 0, "and dark at night"
    rows = platform.rows("SELECT q05, q50, q95, issued FROM forecast WHERE \"series\" = 'houses' AND lead = 'latest'")
    assert len(rows) >= 190 and all(low <= middle <= high for _, low, middle, high, _ in rows)

    model = get(platform, "/series/houses/model").json()
    assert model["backtest"]["skill"] >= 0 and sum(model["importance"].values()) > 0.5
    document = platform.request("GET", "/openapi.json").json()
    assert "/api/forecasting/series/{series}/forecast" in document["paths"]
    assert get(platform, "/series/nobody/model").status_code == 404

    log_in(browser, platform.url)
    wait(browser, lambda: find(browser, "#nav-forecasts").is_displayed(), "the console")
    find(browser, "#nav-forecasts").click()
    chart = find(browser, "#forecast-chart")
    wait(browser, lambda: int(chart.get_attribute("data-forecast")) > 150 and int(chart.get_attribute("data-happened")) > 150, "the fan to be drawn")
    wait(browser, lambda: "Version" in find(browser, "#forecast-facts").text, "the model's facts")
    picture(browser, "forecast")
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]

    platform.stop()
    again = start(site=whole_site)
    wait_until(lambda: ready(again), "forecasts of the kept models", 60)
    assert get(again, "/series/houses/model").json()["trained_at"] == model["trained_at"], "the kept model answers, nothing was trained anew"
