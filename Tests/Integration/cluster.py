"""A cluster's API as far as Helm asks it: discovery, and objects that are stored, listed by labels, replaced and removed. Nothing runs in it."""

import http.server
import json
import threading
import urllib.parse

import yaml

KINDS = {
    "api/v1": ["Secret", "ConfigMap", "Service", "ServiceAccount", "Pod", "Namespace"],
    "apis/apps/v1": ["StatefulSet"],
    "apis/networking.k8s.io/v1": ["NetworkPolicy", "Ingress"],
    "apis/policy/v1": ["PodDisruptionBudget"],
}


def plural(kind):
    return {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}.get(kind, kind.lower() + "s")


def split(version):
    """Group and version of a path such as apis/apps/v1."""
    return version.removeprefix("apis/").removeprefix("api/").rpartition("/")[::2]


def discovery(path):
    """What the API says of itself."""
    if path == "version":
        return {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
    if path == "api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "apis":
        named = [(group, {"groupVersion": f"{group}/{version}", "version": version}) for group, version in map(split, KINDS) if group]
        return {"kind": "APIGroupList", "apiVersion": "v1",
                "groups": [{"name": group, "versions": [version], "preferredVersion": version} for group, version in named]}
    if path == "openapi/v3":
        return {"paths": {version: {"serverRelativeURL": f"/openapi/v3/{version}"} for version in KINDS}}
    if path in KINDS:
        verbs = ["create", "delete", "get", "list", "patch", "update"]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": path.split("/", 1)[1],
                "resources": [{"name": plural(kind), "singularName": "", "namespaced": kind != "Namespace", "kind": kind, "verbs": verbs}
                              for kind in KINDS[path]]}
    version = path.removeprefix("openapi/v3/")
    if version in KINDS:
        group, number = split(version)
        # The API validates fields itself, which spares Helm the schemas.
        return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "1"}, "paths": {
            f"/{version}/{plural(kind)}/{{name}}": {"patch": {
                "parameters": [{"name": name, "in": "query"} for name in ("dryRun", "fieldValidation")], "responses": {"200": {"description": ""}},
                "x-kubernetes-group-version-kind": {"group": group, "kind": kind, "version": number}}} for kind in KINDS[version]}}
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def missing(self):
        self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"})

    def given(self):
        return yaml.safe_load(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        path, objects = url.path.strip("/"), self.server.objects
        body = discovery(path) or objects.get(path)
        if body:
            self.answer(200, body)
        elif path.rpartition("/")[2] in {plural(kind) for kinds in KINDS.values() for kind in kinds}:
            wanted = dict(pair.split("=") for pair in urllib.parse.parse_qs(url.query).get("labelSelector", [""])[0].split(",") if pair)
            items = [thing for name, thing in objects.items()
                     if name.rpartition("/")[0] == path and wanted.items() <= thing["metadata"].get("labels", {}).items()]
            self.answer(200, {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items})
        else:
            self.missing()

    def do_POST(self):
        thing = self.given()
        name = f"{urllib.parse.urlsplit(self.path).path.strip('/')}/{thing['metadata']['name']}"
        if "dryRun" not in self.path:
            self.server.objects[name] = thing
        self.answer(201, thing)

    def do_PUT(self):
        thing, name = self.given(), urllib.parse.urlsplit(self.path).path.strip("/")
        if "dryRun" not in self.path:
            self.server.objects[name] = thing
        self.answer(200, thing)

    # Helm applies whole objects (server-side apply), which is replacing them while nobody else owns a part.
    do_PATCH = do_PUT

    def do_DELETE(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        thing = self.server.objects.pop(urllib.parse.urlsplit(self.path).path.strip("/"), None)
        if thing:
            self.answer(200, thing)
        else:
            self.missing()

    def log_message(self, *words):
        pass


class Cluster:
    """The API on a free port of this machine, with its objects by path below `api`/`apis`."""

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.objects = self.objects = {}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{self.server.server_port}"
        self.kubeconfig = json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test", "users": [{"name": "test", "user": {}}],
            "clusters": [{"name": "test", "cluster": {"server": url}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": "dsotp"}}]})
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def get(self, version, kind, name):
        return self.objects.get(f"{version}/namespaces/dsotp/{plural(kind)}/{name}")
