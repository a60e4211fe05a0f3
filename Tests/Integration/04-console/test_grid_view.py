"""The console's grid view: the single-line diagram lives, a busbar tells measured beside estimated, a switch is opened by hand."""

from conftest import wait_until  # noqa: F401
from test_console import browser, find, log_in, wait  # noqa: F401  (browser is a fixture)


def test_the_grid_is_drawn_and_a_switch_opened_in_it_changes_it(start, whole_site, browser):  # noqa: F811
    platform = start(site=whole_site)
    log_in(browser, platform.url)
    wait(browser, lambda: find(browser, "#nav-grid").is_displayed(), "the console")
    find(browser, "#nav-grid").click()
    wait(browser, lambda: len(browser.find_elements("css selector", "#grid-diagram .node")) == 15, "the busbars to be drawn")
    wait(browser, lambda: find(browser, '[aria-label="node N3"] .value').text not in ("", "?"), "values in the diagram")

    first = find(browser, "#grid-diagram").get_attribute("data-time")
    wait(browser, lambda: find(browser, "#grid-diagram").get_attribute("data-time") != first, "the next estimate")
    browser.execute_script("document.querySelector('[aria-label=\"node N3\"]').focus()")
    browser.switch_to.active_element.send_keys("\n")
    wait(browser, lambda: "Measured" in find(browser, "#grid-facts").text and "kV" in find(browser, "#grid-facts").text, "the facts of a busbar")

    browser.execute_script("document.querySelector('#grid-diagram .switch[aria-label$=\"L3-4.N4\"]').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    wait(browser, lambda: find(browser, "#grid-order").text == "Open this switch", "the button of the switch")
    find(browser, "#grid-order").click()
    browser.switch_to.alert.accept()
    wait(browser, lambda: find(browser, '[aria-label="node N5"] .value').text == "dead", "the part behind the switch to be dead")
    assert not [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
