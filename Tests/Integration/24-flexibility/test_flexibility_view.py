"""The console's flexibility: a request with what limits it, ordered at the second press, and what a viewer may not."""

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "04-console"))
from test_console import browser, find, log_in, picture, wait  # noqa: E402, F401  (browser is a fixture)
from test_flexibility import FLEXIBILITY  # noqa: E402


def open_view(browser):
    wait(browser, lambda: find(browser, "#nav-flexibility").is_displayed(), "the console")
    find(browser, "#nav-flexibility").click()


def test_an_operator_sees_why_a_request_is_cut_and_orders_it(start, site, browser):
    (site / "services" / "flexibility.yaml").write_text(FLEXIBILITY)
    platform = start(site=site)
    report = json.dumps({"power_kw": 0, "band_kw": [0, 4000]})
    platform.publish("assets/electrolyser/report", report)
    log_in(browser, platform.url, "operator", "operator")
    open_view(browser)
    wait(browser, lambda: find(browser, "#flexibility-empty").is_displayed(), "the empty list")
    begin = datetime.now(timezone.utc) + timedelta(hours=1)
    body = {"id": "big", "location": {"asset": "electrolyser"}, "intervals": [{"start": begin.isoformat(), "duration": "PT2M", "min_kw": 0, "max_kw": 3000}]}
    answer = platform.request("POST", "/api/flexibility/requests", json=body)
    assert answer.status_code == 201, answer.text
    row = '[data-request="big"]'
    wait(browser, lambda: "offered" in find(browser, row).text and "145" in find(browser, row).text, "the request with its limit")
    picture(browser, "flexibility")
    platform.publish("assets/electrolyser/report", report)
    find(browser, f'{row} [data-role="accept"]').click()
    find(browser, f'{row} [data-role="accept"]').click()
    wait(browser, lambda: "accepted" in find(browser, row).text, "the order")
    find(browser, "#logout").click()
    log_in(browser, platform.url, "viewer", "viewer")
    open_view(browser)
    wait(browser, lambda: "accepted" in find(browser, row).text, "the request")
    assert not browser.find_elements("css selector", f"{row} button")
