"""A forecast stands in for a load that nobody measures: from the history of a meter to the estimated state of the grid."""

import json
import subprocess
import time

from conftest import REPOSITORY, wait_until
from feeder import manifest, metered

LOAD = "H3"

def test_a_forecast_takes_the_place_of_the_models_power_in_the_estimated_state(start, site):
    for old in (site / "services").glob("*.yaml"):
        old.unlink()
    estimation = (REPOSITORY / "manifests" / "demo" / "services" / "state-estimation.yaml").read_text()
    estimation = estimation.replace("subscribe:\n", "subscribe:\n  - {topic: \"pseudo/#\", qos: 1}\n", 1)
    estimation = estimation.replace("  switches: {topic", "  profiles: {forecasts: [{topics: [\"pseudo/#\"]}]}\n  switches: {topic", 1)
    (site / "services" / "state-estimation.yaml").write_text(estimation)
    platform = start()
    # A month of a village that draws 310 kW by day and 190 kW by night, the last reading a quarter of an hour ago.
    now = int(time.time()) // 900 * 900
    lines = "\n".join(
        f"meter,device=m1,component=load activepower={(310 if 6 <= when // 3600 % 24 < 22 else 190) * 1000 + when // 900 % 7 * 900} {when}"
        for when in range(now - 30 * 86_400, now, 900))
    assert platform.request("POST", "/write", params={"db": "dsotp", "precision": "s"}, data=lines).status_code == 204

    def load():
        answer = platform.request("GET", "/api/state-estimation/state")
        return next((one for one in answer.json().get("loads", []) if one["id"] == LOAD), None) if answer.status_code == 200 else None

    before = wait_until(load, "an estimate of the grid", 60)
    assert before["basis"] in ("model", "profile"), before
    forecasting = manifest(
        [metered("village", "m1", pseudo={"at": LOAD, "factor": 1000})], says=["pseudo/#"], training={"seconds": 20, "quick": True})
    answer = platform.request("PUT", "/api/services/forecasting/manifest", data=forecasting, headers={"Content-Type": "application/yaml"})
    assert answer.status_code in (200, 201, 202), answer.text
    listened = subprocess.run(
        ["mosquitto_sub", "-p", str(platform.databus_port), "-u", "admin", "-P", "admin", "-t", f"pseudo/{LOAD}", "-C", "1", "-W", "60"],
        capture_output=True, check=True)
    pseudo = json.loads(listened.stdout)["readings"][0]
    assert 180_000 < pseudo["data"] < 330_000 and 0 < pseudo["uncertainty"] < 80_000, pseudo
    after = wait_until(lambda: (one := load()) and one["basis"] == "forecast" and one, "the estimation to suppose the forecast", 60)
    assert abs(after["p"] - pseudo["data"]) <= 3 * pseudo["uncertainty"], (after, pseudo)
    assert after["sigma_p"] <= max(1000, 1.05 * pseudo["uncertainty"]) and after["sigma_p"] < before["sigma_p"], "it is known better than before"
