"""What leaves the platform for other tools: a real Prometheus scrapes and promtool approves; spreadsheets get their files."""

import csv
import io
import json
import socket
import subprocess
import time

import requests
import yaml
from conftest import pmu_message, wait_until

PROMETHEUS = """
service: prometheus-exporter
library: PrometheusExporter
subscribe: ["/pmu/#", "estimates/+"]
config:
  readings:
    - {topics: ["/pmu/#"], labels: {site: demo}}
  documents:
    - topics: ["estimates/+"]
      metrics:
        - {name: grid_estimated_voltage_volts, help: Estimated voltage., each: nodes, value: volts, labels: {node: id}, topic_labels: {grid: 2}}
"""

CSV = """
service: csv-exporter
library: CSVExporter
subscribe: [{topic: "/pmu/#", qos: 1, session: persistent}]
config:
  folder: "FOLDER"
  locale: de
  time_zone: Europe/Berlin
  tables:
    - {name: pmu, topics: ["/pmu/#"]}
"""

GRAFANA = """
service: grafana-exporter
library: GrafanaExporter
timeseries:
  read: [{database: dsotp, measurement: pmu}]
config:
  url: "http://127.0.0.1:8080"
  folder: "FOLDER"
  refresh: 1s
  dashboards:
    - {kind: pmu, measurement: pmu}
"""


def test_every_panel_of_a_dashboard_asks_what_the_gateway_answers(start, site, tmp_path):
    folder = tmp_path / "grafana"
    (site / "services" / "grafana-exporter.yaml").write_text(GRAFANA.replace("FOLDER", str(folder)))
    platform = start()
    for device in ("pmu-2", "pmu-10", "it's"):
        assert platform.publish("/pmu/dev", pmu_message(device, A=230.25, B=231.5)).returncode == 0
    path = "/api/grafana-exporter/dashboards/pmu"
    rows = lambda: [panel["title"] for panel in platform.request("GET", path).json()["panels"] if panel["type"] == "row"]
    wait_until(lambda: len(rows()) == 3, "a row a device")
    assert rows() == ["it's", "pmu-2", "pmu-10"]

    dashboard = platform.request("GET", path, user="viewer", password="viewer").json()
    source = yaml.safe_load((folder / "provisioning" / "datasources" / "dsotp.yaml").read_text())["datasources"][0]
    panels = [panel for panel in dashboard["panels"] if panel["type"] == "timeseries"]
    assert len(panels) == 3
    for panel in panels:
        assert panel["datasource"] == {"type": source["type"], "uid": source["uid"]}
        for target in panel["targets"]:
            text = target["query"].replace("$timeFilter", "time > now() - 1h").replace("$__interval", "10s")
            result = platform.query(text, database=source["jsonData"]["dbName"])
            lines = {each["tags"]["phase"]: [row[1] for row in each["values"] if row[1] is not None] for each in result["series"]}
            assert lines == {"A": [230.25], "B": [231.5]}, text
    wait_until(lambda: json.loads((folder / "dashboards" / "pmu.json").read_text()) == dashboard, "the file to show what the route serves")
    provider = yaml.safe_load((folder / "provisioning" / "dashboards" / "dsotp.yaml").read_text())["providers"][0]
    assert provider["options"]["path"] == str(folder / "dashboards")


def test_prometheus_scrapes_what_promtool_approves(start, site, tmp_path):
    (site / "services" / "prometheus-exporter.yaml").write_text(PROMETHEUS)
    platform = start()
    assert platform.publish("/pmu/dev", pmu_message(A=230.25, B=231.5)).returncode == 0
    assert platform.publish("estimates/mv", '{"nodes": [{"id": "N1", "volts": 20001.5}, {"id": "N2", "volts": null}]}').returncode == 0
    path = "/api/prometheus-exporter/metrics"
    wait_until(lambda: "estimated" in platform.request("GET", path).text, "the values as metrics")
    text = platform.request("GET", path, user="viewer", password="viewer").text
    for page in (text, platform.request("GET", "/metrics").text):
        check = subprocess.run(["promtool", "check", "metrics"], input=page, text=True, capture_output=True, timeout=60)
        assert check.returncode == 0, check.stdout + check.stderr

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "prometheus.yml"
    config.write_text(f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: dsotp
    metrics_path: {path}
    basic_auth: {{username: viewer, password: viewer}}
    static_configs: [{{targets: ["{platform.url.removeprefix('http://')}"]}}]
""")
    prometheus = subprocess.Popen(
        ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def found(expression):
            try:
                answer = requests.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": expression}, timeout=10)
            except requests.ConnectionError:
                return []
            # Prometheus listens before it has opened its database, and says 503 until then.
            return [] if answer.status_code == 503 else answer.json()["data"]["result"]

        volts = wait_until(lambda: found('grid_voltage_magnitude_volts{phase="B",site="demo"}'), "Prometheus to have scraped", 60)
        assert volts[0]["metric"]["device"] == "pmu-0123" and float(volts[0]["value"][1]) == 231.5
        estimated = found('grid_estimated_voltage_volts{grid="mv"}')
        assert [(each["metric"]["node"], float(each["value"][1])) for each in estimated] == [("N1", 20001.5)]
        assert float(found("up")[0]["value"][1]) == 1
    finally:
        prometheus.terminate()
        prometheus.wait(30)


def test_spreadsheets_get_the_day_in_german_and_nothing_acknowledged_is_lost_by_kill_9(start, site, tmp_path):
    folder = tmp_path / "csv"
    (site / "services" / "csv-exporter.yaml").write_text(CSV.replace("FOLDER", str(folder)))
    platform = start()
    stamp = int(time.time() * 1000)
    for number in range(20):
        assert platform.publish("/pmu/dev", pmu_message(stamp=stamp + number, A=230 + number / 4)).returncode == 0
    rows = lambda: [row for file in sorted(folder.glob("pmu-*.csv")) for row in csv.reader(io.StringIO(file.read_text("utf-8-sig")), delimiter=";")]
    wait_until(lambda: len(rows()) >= 21, "twenty rows after the head")
    platform.kill()
    platform.start()
    assert platform.publish("/pmu/dev", pmu_message(stamp=stamp + 20, A=235)).returncode == 0
    wait_until(lambda: len(rows()) >= 22, "another row after the restart")
    values = {row[7] for row in rows() if row[2] == "pmu-0123"}
    assert values == {str(230 + number / 4).replace(".", ",").removesuffix(",0") for number in range(21)}
    listed = platform.request("GET", "/api/csv-exporter/files").json()["files"]
    assert listed and platform.request("GET", f"/api/csv-exporter/files/{listed[0]['name']}").text.startswith("\ufefftime;utc_offset;device")
