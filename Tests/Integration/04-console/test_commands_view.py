"""The console's commands: what is held and blocked, cancelled and released by hand, the dry run's banner, and what a viewer may not."""

from test_console import browser, find, log_in, wait  # noqa: F401  (browser is a fixture)


def visible(browser, selector):
    return [one for one in browser.find_elements("css selector", selector) if one.is_displayed()]


def open_commands(browser):
    wait(browser, lambda: find(browser, "#nav-commands").is_displayed(), "the console")
    find(browser, "#nav-commands").click()


def press_twice(browser, selector):
    find(browser, selector).click()
    find(browser, selector).click()


def test_an_operator_sees_commands_cancels_one_and_blocks_a_device(start, browser):
    platform = start()
    log_in(browser, platform.url, "operator", "operator")
    open_commands(browser)
    wait(browser, lambda: visible(browser, "#devices-empty"), "the empty list of devices")
    order = {"device": "battery-1", "value": 12.5, "unit": "kW", "hold_seconds": 600, "reason": "a test run"}
    assert platform.request("POST", "/api/commands", json=order).status_code == 200
    held = '[data-device="battery-1"]'
    wait(browser, lambda: "12.5 kW" in find(browser, held).text and "admin, a test run" in find(browser, held).text, "the held device")
    press_twice(browser, f'{held} [data-role="cancel"]')
    wait(browser, lambda: find(browser, '[data-outcome="cancelled"]').text, "the cancelled command among the outcomes")
    wait(browser, lambda: not browser.find_elements("css selector", held), "the device to be free")

    find(browser, "#lock-device").send_keys("feeder-7")
    find(browser, "#lock-note").send_keys("cable work, ask Ada\n")
    locked = '[data-device="feeder-7"]'
    wait(browser, lambda: "blocked by operator" in find(browser, locked).text, "the block")
    assert platform.request("GET", "/api/commands/devices/feeder-7").json()["lock"]["note"] == "cable work, ask Ada"
    assert not find(browser, "#dry-run").is_enabled()
    press_twice(browser, f'{locked} [data-role="unlock"]')
    wait(browser, lambda: not browser.find_elements("css selector", locked), "the release")


def test_an_engineer_switches_the_dry_run_and_a_viewer_only_looks(start, browser):
    platform = start()
    log_in(browser, platform.url, "engineer", "engineer")
    open_commands(browser)
    wait(browser, lambda: find(browser, "#dry-run").is_enabled(), "the switch")
    find(browser, "#dry-run").send_keys(" ")
    wait(browser, lambda: visible(browser, "#dry-run-banner"), "the banner")
    assert platform.request("GET", "/api/commands/dry-run").json() == {"dry_run": True}
    platform.request("POST", "/api/commands", json={"device": "battery-1", "value": 1, "hold_seconds": 600})
    wait(browser, lambda: "dry run" in find(browser, '[data-device="battery-1"]').text, "the rehearsed command")
    find(browser, "#logout").click()
    log_in(browser, platform.url, "viewer", "viewer")
    open_commands(browser)
    wait(browser, lambda: visible(browser, '[data-device="battery-1"]'), "the device")
    assert not visible(browser, '[data-device="battery-1"] button') and not visible(browser, "#lock-form")
