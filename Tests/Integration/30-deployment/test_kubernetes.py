"""Helm chart and kustomize overlays: rendered by Helm's own code and by kubectl, valid for three versions of Kubernetes, and as safe as promised."""

import base64
import json
import os
import re
import subprocess

import helm_python
import jsonschema
import kubernetes_validate
import pytest
import yaml

from cluster import Cluster
from conftest import REPOSITORY
from deployment import CHART, OVERLAYS, SITES, MountedSite, container, environment, helm_template, kustomize, only, passwords, pods

# The oldest that the chart takes (kubeVersion), one between, the newest that the validator knows.
KUBERNETES = ["1.27", "1.32", "1.37"]

CUSTOM = {
    "fullnameOverride": "north",
    "site": {
        "bundled": "demo", "name": "Feeder 7",
        "settings": {"databus": {"maximum_connections": 1000000}, "access": {"topics": [{"user": "pmu-1", "publish": ["/pmu/#"]}]}},
        "services": {"grid-emulator.yaml": "", "own.yaml": "service: own\nlibrary: DatabaseAdapter\n"},
        "files": {"Load_profiles/day.csv": "hour,kW\n"},
        "folders": {"models": {"persistentVolumeClaim": {"claimName": "models"}}},
    },
    "access": {"users": [{"name": "admin", "role": "admin"}, {"name": "viewer", "role": "viewer"}, {"name": "pmu-1", "role": "operator"}]},
    "ingress": {"enabled": True, "className": "traefik", "host": "dsotp.example.org", "tlsSecret": "dsotp-tls"},
    "networkPolicy": {
        "databusFrom": ["192.0.2.0/24"], "egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.9/32"}}]}],
        "gatewayFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}]},
    "plugins": {"image": {"repository": "registry.example.org/plugins", "tag": "2.1"}, "trust": {"policy": "require", "keys": ["key"]}},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "grafana": {"datasource": {"enabled": True}},
    "persistence": {"storageClass": "", "size": "100Gi"},
    "podLabels": {"team": "grid"}, "nodeSelector": {"kubernetes.io/arch": "amd64"}, "priorityClassName": "control",
    "gateway": {"service": {"type": "NodePort", "nodePort": 31880}},
}
OPENSHIFT = {
    "securityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None}, "access": {"existingSecret": "users"},
    "plugins": {"volume": {"persistentVolumeClaim": {"claimName": "libraries"}}}, "persistence": {"existingClaim": "measurements"},
    "databus": {"service": {"type": "LoadBalancer"}},
}
EXTERNAL_BROKER = {
    "site": {"bundled": "demo", "settings": {"databus": {"maximum_connections": 2000}}},
    "databus": {"external": {
        "addresses": ["rabbitmq-0.rabbitmq.messaging.svc:8883", "rabbitmq-1.rabbitmq.messaging.svc:8883"], "user": "dsotp", "secret": "broker",
        "tls": {"serverName": "rabbitmq.example.org"}}},
}
ENGINE = {
    "storage": {"driver": "influxdb", "url": "https://influxdb.monitoring:8086", "user": "dsotp", "password": "correct horse battery", "spoolSize": "8GiB",
                "egressTo": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]},
    "site": {"bundled": "demo"},
}
CLUSTER = {
    "storage": {"driver": "victoriametrics", "writeUrl": "http://vminsert:8480/insert/0/influx", "queryUrl": "http://vmselect:8481/select/0/prometheus",
                "user": "dsotp", "existingSecret": "engine"},
}
MAINTENANCE = REPOSITORY / "k8s" / "maintenance-pod.yaml"
EXAMPLES = {f"example-{path.stem}": yaml.safe_load(path.read_text()) for path in sorted((REPOSITORY / "k8s" / "examples").glob("*.yaml"))}
RENDERINGS = {
    "default": {}, "custom": CUSTOM, "openshift": OPENSHIFT, "external-broker": EXTERNAL_BROKER, "engine": ENGINE, "cluster": CLUSTER, **EXAMPLES,
    **{f"site-{site}": {"site": {"bundled": site}} for site in SITES}}
OVERLAY_NAMES = sorted(folder.name for folder in OVERLAYS.iterdir())


@pytest.fixture(scope="module")
def objects():
    """The objects of each rendering and each overlay, by name."""
    made = {name: helm_template(values) for name, values in RENDERINGS.items()}
    made.update({f"overlay-{name}": kustomize(name) for name in OVERLAY_NAMES})
    return made


every = pytest.mark.parametrize("name", [*RENDERINGS, *(f"overlay-{name}" for name in OVERLAY_NAMES)])


@pytest.mark.parametrize("values", RENDERINGS.values(), ids=RENDERINGS)
def test_helm_finds_nothing_wrong_with_the_chart(values):
    report = helm_python.lint(CHART, values, strict=True, namespace="dsotp")
    assert report["total_charts_linted"] == 1 and report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("version", KUBERNETES)
@every
def test_every_object_is_valid(objects, name, version):
    for thing in objects[name]:
        # The one kind that Kubernetes does not bring itself.
        if thing["kind"] != "ServiceMonitor":
            kubernetes_validate.validate(thing, version, strict=True)


def test_the_validation_refuses_what_is_misspelt():
    thing = only(helm_template(), "StatefulSet")
    thing["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(thing, KUBERNETES[-1], strict=True)


@every
def test_everything_is_in_the_namespace_dsotp(objects, name):
    for thing in objects[name]:
        if thing["kind"] == "Namespace":
            assert thing["metadata"]["name"] == "dsotp"
        else:
            assert thing["metadata"]["namespace"] == "dsotp", thing["metadata"]["name"]


@every
def test_containers_run_without_any_privilege(objects, name):
    assert pods(objects[name])
    for pod in pods(objects[name]):
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["securityContext"].get("runAsUser", 1) > 0 and pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert not any("hostPath" in volume for volume in pod["volumes"])
        for one in pod.get("initContainers", []) + pod["containers"]:
            security = one["securityContext"]
            assert security["capabilities"] == {"drop": ["ALL"]} and security["readOnlyRootFilesystem"] is True, one["name"]
            assert security["allowPrivilegeEscalation"] is False and security["privileged"] is False and security["runAsNonRoot"] is True


@every
def test_containers_have_limits_and_name_one_image(objects, name):
    for pod in pods(objects[name]):
        for one in pod.get("initContainers", []) + pod["containers"]:
            for kind in ("requests", "limits"):
                assert set(one["resources"][kind]) == {"cpu", "memory"}, one["name"]
            assert re.fullmatch(r"[^:@]+(:(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})", one["image"]), one["image"]


@every
def test_volumes_and_mounts_fit(objects, name):
    for pod in pods(objects[name]):
        claims = [claim["metadata"]["name"] for thing in objects[name] if thing["kind"] == "StatefulSet"
                  for claim in thing["spec"].get("volumeClaimTemplates", [])]
        volumes = [volume["name"] for volume in pod["volumes"]] + claims
        assert len(set(volumes)) == len(volumes)
        for one in pod.get("initContainers", []) + pod["containers"]:
            assert {mount["name"] for mount in one["volumeMounts"]} <= set(volumes)
            places = [mount["mountPath"] for mount in one["volumeMounts"]]
            assert len(set(places)) == len(places)
        maps = {thing["metadata"]["name"] for thing in objects[name] if thing["kind"] == "ConfigMap"}
        for volume in pod["volumes"]:
            if "configMap" in volume and not volume["configMap"].get("optional"):
                assert volume["configMap"]["name"] in maps


@every
def test_config_maps_are_not_larger_than_the_cluster_takes(objects, name):
    for thing in objects[name]:
        if thing["kind"] == "ConfigMap":
            assert sum(len(key) + len(text.encode()) for key, text in thing["data"].items()) < 1 << 20, thing["metadata"]["name"]


@every
def test_services_select_the_platform_and_nothing_else(objects, name):
    template = only(objects[name], "StatefulSet")["spec"]["template"]
    ports = {port["name"]: port["containerPort"] for port in template["spec"]["containers"][0]["ports"]}
    others = [thing for thing in objects[name] if thing["kind"] == "Pod"]
    selectors = [thing["spec"]["selector"] for thing in objects[name] if thing["kind"] == "Service"]
    selectors += [thing["spec"]["selector"]["matchLabels"] for thing in objects[name] if thing["kind"] in ("StatefulSet", "PodDisruptionBudget")]
    selectors += [thing["spec"]["podSelector"]["matchLabels"] for thing in objects[name] if thing["kind"] == "NetworkPolicy"]
    assert len(selectors) >= 5
    for selector in selectors:
        assert selector.items() <= template["metadata"]["labels"].items()
        assert not any(selector.items() <= other["metadata"]["labels"].items() for other in others)
    for service in (thing for thing in objects[name] if thing["kind"] == "Service"):
        assert all(port["targetPort"] in ports for port in service["spec"]["ports"])


@every
def test_no_password_is_written_anywhere(objects, name):
    for thing in objects[name]:
        if thing["kind"] == "Secret":
            continue
        text = json.dumps(thing)
        assert not re.search(r'"?password"?: *\\?"?(?!\$\{DSOTP_|\{)[A-Za-z0-9]', text), thing["metadata"]["name"]
    site = yaml.safe_load(next(thing for thing in objects[name] if thing["kind"] == "ConfigMap" and "site.yaml" in thing["data"])["data"]["site.yaml"])
    variables = {variable["name"] for variable in container(objects[name])["env"] if "secretKeyRef" in variable.get("valueFrom", {})}
    assert site["access"]["users"]
    for user in site["access"]["users"]:
        assert set(user) == {"name", "role", "password"}
        assert re.fullmatch(r"\$\{(\w+)\}", user["password"])[1] in variables


def test_passwords_are_made_at_random_and_shared_by_all_templates():
    values = {"grafana": {"datasource": {"enabled": True}}}
    first, second = helm_template(values), helm_template(values)
    assert set(passwords(first)) == {"admin", "viewer"}
    every_one = [*passwords(first).values(), *passwords(second).values()]
    assert len(set(every_one)) == 4 and all(len(password) >= 24 for password in every_one)
    datasource = yaml.safe_load(only(first, "Secret", "dsotp-grafana")["stringData"]["dsotp.yaml"])["datasources"][0]
    assert datasource["secureJsonData"]["basicAuthPassword"] == passwords(first)["viewer"]


def test_an_upgrade_keeps_passwords_and_makes_those_that_are_new():
    with Cluster() as cluster, helm_python.Config(kubeconfig_content=cluster.kubeconfig, namespace="dsotp", storage_driver="memory") as helm:
        helm.install(CHART, "dsotp", namespace="dsotp")
        first = cluster.get("api/v1", "Secret", "dsotp")["data"]
        template = cluster.get("apis/apps/v1", "StatefulSet", "dsotp")["spec"]["template"]
        helm.upgrade(CHART, "dsotp", namespace="dsotp")
        assert cluster.get("api/v1", "Secret", "dsotp")["data"] == first and set(first) == {"admin", "viewer"}
        assert cluster.get("apis/apps/v1", "StatefulSet", "dsotp")["spec"]["template"] == template, "an upgrade of nothing restarts the platform"

        users = [{"name": "admin", "role": "admin"}, {"name": "pmu-1", "role": "operator"}]
        helm.upgrade(CHART, "dsotp", {"access": {"users": users}, "site": {"bundled": "demo"}}, namespace="dsotp")
        second = cluster.get("api/v1", "Secret", "dsotp")["data"]
        assert set(second) == {"admin", "pmu-1"} and second["admin"] == first["admin"]
        assert "state-estimation.yaml" in cluster.get("api/v1", "ConfigMap", "dsotp-services")["data"]
        helm.uninstall("dsotp")
        assert cluster.objects == {}


def test_given_passwords_are_taken():
    assert passwords(helm_template({"access": {"passwords": {"admin": "correct horse battery"}}}))["admin"] == "correct horse battery"


def test_the_databus_is_at_port_31883_of_the_node(objects):
    for name in ("default", *(f"overlay-{name}" for name in OVERLAY_NAMES)):
        spec = only(objects[name], "Service", "dsotp-databus")["spec"]
        assert spec["type"] == "NodePort" and spec["ports"][0]["nodePort"] == 31883


def test_overlays_and_chart_make_the_same_pod(objects):
    chart, overlay = objects["default"], objects["overlay-demo"]
    mine, other = (only(made, "StatefulSet")["spec"]["template"]["spec"] for made in (chart, overlay))
    for key in ("securityContext", "terminationGracePeriodSeconds", "automountServiceAccountToken", "enableServiceLinks", "serviceAccountName"):
        assert mine[key] == other[key], key
    for key in ("image", "command", "args", "env", "ports", "startupProbe", "readinessProbe", "livenessProbe", "securityContext", "resources"):
        assert mine["containers"][0][key] == other["containers"][0][key], key
    for kind in ("NetworkPolicy", "PodDisruptionBudget"):
        assert only(chart, kind)["spec"] == only(overlay, kind)["spec"]
    for service in ("databus", "gateway", "headless"):
        assert only(chart, "Service", f"dsotp-{service}")["spec"] == only(overlay, "Service", f"dsotp-{service}")["spec"]


@pytest.mark.parametrize("name", OVERLAY_NAMES)
def test_an_overlay_has_every_service_and_grid_file_of_its_site(objects, name):
    for part, pattern in (("services", "*.yaml"), ("grid", "*.xml")):
        files = {file.name for file in (REPOSITORY / "manifests" / name / part).glob(pattern)}
        assert set(only(objects[f"overlay-{name}"], "ConfigMap", f"dsotp-{part}")["data"]) == files


def test_values_lay_over_the_bundled_site(objects):
    made = objects["custom"]
    site = yaml.safe_load(only(made, "ConfigMap", "north-site")["data"]["site.yaml"])
    assert site["site"] == "Feeder 7" and site["databus"]["maximum_connections"] == 1000000 and site["databus"]["maximum_packet"] == "16MiB"
    assert site["databus"]["listen"] == "0.0.0.0:1883" and site["access"]["topics"] == [{"user": "pmu-1", "publish": ["/pmu/#"]}]
    assert site["plugins"] == {"folders": ["/opt/dsotp/plugins"], "trust": {"policy": "require", "keys": ["key"]}}
    bundled = {file.name for file in (REPOSITORY / "manifests" / "demo" / "services").glob("*.yaml")}
    assert set(only(made, "ConfigMap", "north-services")["data"]) == bundled - {"grid-emulator.yaml"} | {"own.yaml"}
    assert only(made, "ConfigMap", "north-load-profiles")["data"] == {"day.csv": "hour,kW\n"}
    assert {"/etc/dsotp/site/models", "/etc/dsotp/site/Load_profiles", "/opt/dsotp/plugins"} <= {m["mountPath"] for m in container(made)["volumeMounts"]}
    assert only(made, "Ingress")["spec"]["tls"] == [{"hosts": ["dsotp.example.org"], "secretName": "dsotp-tls"}]
    rule = only(made, "NetworkPolicy")["spec"]["ingress"][0]
    assert {"ipBlock": {"cidr": "192.0.2.0/24"}} in rule["from"]


def test_an_external_broker_takes_the_place_of_the_platform_s_own(objects):
    made = objects["external-broker"]
    site = yaml.safe_load(only(made, "ConfigMap", "dsotp-site")["data"]["site.yaml"])
    assert site["databus"]["driver"] == "mqtt" and not {"listen", "maximum_connections"} & set(site["databus"])
    assert site["databus"]["broker"] == {
        "addresses": EXTERNAL_BROKER["databus"]["external"]["addresses"], "user": "dsotp", "password": "${DSOTP_BROKER_PASSWORD}",
        "tls": {"server_name": "rabbitmq.example.org"}}
    assert {"name": "DSOTP_BROKER_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "broker", "key": "password"}}} in container(made)["env"]
    assert not any(thing["metadata"]["name"] == "dsotp-databus" for thing in made)
    policy = only(made, "NetworkPolicy")["spec"]
    assert [port["port"] for rule in policy["ingress"] for port in rule["ports"]] == ["gateway"]
    assert [port["port"] for rule in policy["egress"] for port in rule["ports"]] == [53, 53, 8883]

    tls = {"secret": "broker-tls", "certificateKey": "tls.crt", "keyKey": "tls.key"}
    mounted = helm_template({"databus": {"external": {"addresses": ["rabbitmq:8883"], "tls": tls}}})
    broker = yaml.safe_load(only(mounted, "ConfigMap", "dsotp-site")["data"]["site.yaml"])["databus"]["broker"]
    assert broker["tls"] == {"ca": "/etc/dsotp/broker/ca.crt", "certificate": "/etc/dsotp/broker/tls.crt", "key": "/etc/dsotp/broker/tls.key"}
    pod = only(mounted, "StatefulSet")["spec"]["template"]["spec"]
    assert {"name": "broker", "secret": {"secretName": "broker-tls", "defaultMode": 0o440}} in pod["volumes"]
    assert {"name": "broker", "mountPath": "/etc/dsotp/broker", "readOnly": True} in container(mounted)["volumeMounts"]


def test_an_engine_for_storage_gets_its_password_from_a_secret_and_a_way_through_the_network_policy(objects):
    made = objects["engine"]
    site = yaml.safe_load(only(made, "ConfigMap", "dsotp-site")["data"]["site.yaml"])
    assert site["storage"] == {
        "driver": "influxdb", "url": "https://influxdb.monitoring:8086", "user": "dsotp", "password": "${DSOTP_STORAGE_PASSWORD}", "spool_size": "8GiB",
        "database": "dsotp", "commit_interval": "100ms"}
    assert base64.b64decode(only(made, "Secret", "dsotp-storage")["data"]["password"]) == b"correct horse battery"
    reference = {"secretKeyRef": {"name": "dsotp-storage", "key": "password"}}
    assert {"name": "DSOTP_STORAGE_PASSWORD", "valueFrom": reference} in container(made)["env"]
    egress = only(made, "NetworkPolicy")["spec"]["egress"]
    assert [port["port"] for rule in egress for port in rule["ports"]] == [53, 53, 8086] and egress[1]["to"] == ENGINE["storage"]["egressTo"]
    cluster = objects["cluster"]
    assert [port["port"] for rule in only(cluster, "NetworkPolicy")["spec"]["egress"] for port in rule["ports"]] == [53, 53, 8480, 8481]
    assert not [thing for thing in cluster if thing["kind"] == "Secret" and thing["metadata"]["name"] == "dsotp-storage"]
    assert only(objects["default"], "NetworkPolicy")["spec"]["egress"] == []
    authorities = helm_template({"storage": {**ENGINE["storage"], "caConfigMap": "authorities"}})
    assert {"name": "storage-ca", "configMap": {"name": "authorities"}} in pods(authorities)[0]["volumes"]
    assert "ca_file: /etc/dsotp/storage/ca.crt" in only(authorities, "ConfigMap", "dsotp-site")["data"]["site.yaml"]


def test_a_file_of_the_site_that_changes_does_not_restart_the_platform_but_site_yaml_does():
    def pod(**site):
        return only(helm_template({"site": site, "access": {"passwords": {"admin": "x" * 12, "viewer": "y" * 12}}}), "StatefulSet")["spec"]["template"]
    before = pod(bundled="demo")
    assert pod(bundled="demo", services={"database-adapter.yaml": "service: other\nlibrary: DatabaseAdapter\n"}) == before
    assert pod(bundled="demo", settings={"log": {"level": "debug"}}) != before


EXTERNAL = {"databus": {"external": {"addresses": ["broker.example.org:8883"]}}}


def test_hosts_that_share_databus_and_store_are_started_together_each_with_a_volume():
    settings = {"storage": {"driver": "victoriametrics"}, "hosts": {"ttl": "5s"}}
    made = only(helm_template({"replicaCount": 3, "site": {"settings": settings}, **EXTERNAL}), "StatefulSet")["spec"]
    assert made["replicas"] == 3 and made["podManagementPolicy"] == "Parallel" and len(made["volumeClaimTemplates"]) == 1


@pytest.mark.parametrize("values, sentence", [
    ({"image": {"tag": "latest"}}, "image"),
    ({"plugins": {"image": {"repository": "p"}}}, "needs a tag or a digest"),
    ({"resources": {"limits": {"cpu": "1", "memory": None}}}, "memory"),
    ({"access": {"passwords": {"admin": "admin"}}}, "admin"),
    ({"access": {"users": [{"name": "viewer", "role": "viewer"}]}}, "users"),
    ({"securityContext": {"runAsUser": 0}}, "runAsUser"),
    ({"site": {"bundled": "nowhere"}}, "has no sites/nowhere/site.yaml"),
    ({"site": {"settings": {"databus": {"listen": "0.0.0.0:1"}}}}, "databus"),
    ({"ingress": {"enabled": True, "host": "h"}}, "ingress.tlsSecret is missing"),
    ({"serviceMonitor": {"enabled": True, "user": "nobody"}}, "not in access.users"),
    ({"grafana": {"datasource": {"enabled": True}}, "access": {"existingSecret": "s"}}, "chart's own passwords"),
    ({"databus": {"external": {"addresses": ["rabbitmq:8883"], "user": "dsotp"}}}, "needs databus.external.secret"),
    ({"databus": {"external": {"addresses": ["rabbitmq"]}}}, "addresses"),
    ({"replicas": 2}, "replicas"),
    ({"replicaCount": 2}, "each host would have a databus of its own"),
    ({"replicaCount": 2, **EXTERNAL}, "each host would have a store of its own"),
    ({"replicaCount": 2, **EXTERNAL, "site": {"settings": {"storage": {"driver": "influxdb"}}}}, "every service would run on every host"),
    ({"replicaCount": 2, **EXTERNAL, "site": {"settings": {"storage": {"driver": "influxdb"}, "hosts": {}}}, "persistence": {"existingClaim": "c"}},
     "all hosts would write to the claim c"),
    ({"storage": {"driver": "influxdb"}}, "storage.driver names an engine without an address"),
    ({"storage": {**ENGINE["storage"], "existingSecret": "s"}}, "are both given"),
    ({"storage": {"driver": "influxdb", "url": "http://user:password@influxdb:8086"}}, "url"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_values_that_cannot_be_are_refused(values, sentence):
    with pytest.raises(helm_python.HelmError, match=re.escape(sentence)):
        helm_template(values)


def test_the_schema_of_the_values_covers_them_all():
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)

    def uncovered(value, part, path=""):
        properties = part.get("properties")
        if isinstance(value, dict) and value and properties:
            return [p for key in value for p in ([f"{path}.{key}"] if key not in properties else uncovered(value[key], properties[key], f"{path}.{key}"))]
        return []

    assert uncovered(yaml.safe_load((CHART / "values.yaml").read_text()), schema) == []


@every
def test_the_platform_finds_the_site_in_order_as_a_node_mounts_it(objects, name, executable, tmp_path):
    if name == "custom":
        pytest.skip("names a made-up library key and volumes of a cluster")
    secrets = {"admin": "a random password", "viewer": "another password", "operator": "a third password", "field": "the devices' password", "password": "of the broker or the engine"}
    folder = MountedSite(objects[name], tmp_path / "site").folder
    answer = subprocess.run(
        [executable, "check", folder], capture_output=True, text=True, env={**os.environ, **environment(objects[name], secrets)})
    assert answer.returncode == 0 and "is in order" in answer.stdout, answer.stdout + answer.stderr


def test_the_packaged_chart_is_the_same_chart(tmp_path):
    archive = helm_python.package(CHART, destination=tmp_path)
    values = {"site": {"bundled": "demo"}, "access": {"passwords": {"admin": "x" * 12, "viewer": "y" * 12}}}
    assert helm_template(values, chart=archive) == helm_template(values)


@pytest.mark.parametrize("version", KUBERNETES)
def test_the_maintenance_pod_holds_the_platform_s_volume_as_the_platform_does(objects, version):
    pod = yaml.safe_load(MAINTENANCE.read_text())
    kubernetes_validate.validate(pod, version, strict=True)
    platform = only(objects["default"], "StatefulSet")["spec"]["template"]["spec"]
    assert pod["spec"]["securityContext"] == platform["securityContext"] and pod["spec"]["automountServiceAccountToken"] is False
    mine, other = pod["spec"]["containers"][0], platform["containers"][0]
    assert mine["image"] == other["image"] and mine["securityContext"] == other["securityContext"] and "limits" in mine["resources"]
    assert mine["volumeMounts"][0] in other["volumeMounts"]
    assert pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] == "data-dsotp-0"


def test_the_image_runs_what_the_pod_expects_as_the_user_it_expects(objects):
    lines = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", "").splitlines()
    instructions = [tuple(line.split(None, 1)) for line in lines if line and not line.startswith(("#", " "))]
    said = dict(instructions)
    bases = [text.split()[0] for word, text in instructions if word == "FROM"]
    assert len(bases) == 2 and all(re.search(r":(?!latest)[\w.-]+$", base) for base in bases)
    pod, one = only(objects["default"], "StatefulSet")["spec"]["template"]["spec"], container(objects["default"])
    assert said["USER"] == f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    assert json.loads(said["ENTRYPOINT"]) == one["command"] and json.loads(said["CMD"])[:2] == one["args"]
    assert said["ENV"] == "DSOTP_DATA=/var/lib/dsotp" and {"name": "DSOTP_DATA", "value": "/var/lib/dsotp"} in one["env"]
    assert {int(port) for port in said["EXPOSE"].split()} == {port["containerPort"] for port in one["ports"]}


def test_versions_agree(executable):
    version = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    base = yaml.safe_load((REPOSITORY / "k8s/kustomize/base/kustomization.yaml").read_text())
    assert chart["appVersion"] == version == base["images"][0]["newTag"]
