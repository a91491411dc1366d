"""What is deployed names only what is there: metrics, settings, files; and its manifests have the shape that their programs want."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmgpt.commands.serve import OPTIONS, variable_of
from mmgpt.serve.door.metrics import Metrics
from mmgpt.serve.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
MANIFESTS = sorted(path for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml")
TEXTS = sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def manifest(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((KUBERNETES / name).read_text())
    return found


def served_metrics() -> set[str]:
    """Every series that /metrics has, also those that nothing has been counted in yet."""
    metrics = Metrics()
    metrics.request("GET", "/v1/models", 200, 0.1)
    names = set()
    for family in metrics.registry.collect():
        if family.type == "counter":
            names |= {f"{family.name}_total", f"{family.name}_created"}
        elif family.type == "histogram":
            names |= {f"{family.name}_bucket", f"{family.name}_sum", f"{family.name}_count"}
        else:
            names.add(family.name)
    return names


def asked_metrics(text: str) -> set[str]:
    return set(re.findall(r"\b(?:mmgpt:|process_)[a-z0-9_:]+", text))


def test_rules_and_dashboard_name_metrics_that_the_server_has() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())["groups"][0]["rules"]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    board = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(queries) > 20 and len(rules) > 6
    served = served_metrics() | recorded
    for expression in [rule["expr"] for rule in rules] + queries:
        names = asked_metrics(expression)
        assert names or expression.startswith("up{"), expression
        assert names <= served, (expression, names - served)
    assert all({"summary", "description"} <= set(rule["annotations"]) for rule in rules if "alert" in rule)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_labels_in_queries_are_labels_that_metrics_have() -> None:
    text = (DEPLOY / "grafana" / "dashboard.json").read_text() + (DEPLOY / "prometheus" / "rules.yaml").read_text()
    used = set(re.findall(r"by \(([a-z_, ]+)\)", text)) | set(re.findall(r'([a-z_]+)=~?\\?"', text))
    names = {name.strip() for group in used for name in group.split(",")}
    assert names <= {"route", "status", "method", "code", "finished_reason", "le", "instance", "job"}


def test_every_variable_and_flag_exists() -> None:
    known = {variable_of(name) for name in OPTIONS}
    # of compose alone, of clients, of the load, and what Kubernetes itself would set
    others = {"MMGPT_TAG", "MMGPT_API_KEY", "MMGPT_URL", "MMGPT_INSECURE", "MMGPT_PICTURES", "MMGPT_DEBUG"}
    docs = [ROOT / "docs" / "serve.md", ROOT / "docs" / "scale.md"]
    for path in [*TEXTS, *docs]:
        used = set(re.findall(r"\bMMGPT_[A-Z_]+\b", path.read_text()))
        assert used <= known | others, (path.name, used - known - others)
    flags = {flag for flag, _, _ in OPTIONS.values()}
    for path in docs:
        for line in re.findall(r"mmgpt serve[^`\n]*", path.read_text()):
            assert set(re.findall(r"--[a-z-]+", line)) <= flags | {"--no-metrics", "--help"}, line


def test_values_in_the_manifests_are_settings() -> None:
    container = manifest("deployment.yaml")["spec"]["template"]["spec"]["containers"][0]
    values = {item["name"].removeprefix("MMGPT_").lower(): item["value"] for item in container["env"]}
    assert Settings(**values).job_hours == 0
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["mmgpt"]["environment"]
    Settings(**{name.removeprefix("MMGPT_").lower(): value for name, value in compose.items()})


def dockerfile() -> Iterator[tuple[str, str]]:
    """Instructions and their arguments, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text())
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def test_the_image_copies_what_is_there_and_runs_as_nobody_special() -> None:
    steps = list(dockerfile())
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    copied = [rest.split()[:-1] for word, rest in steps if word == "COPY" and not rest.startswith("--from")]
    sources = [source for group in copied for source in group]
    assert len(sources) > 5
    for source in sources:
        assert (ROOT / source).exists() and f"!{source}" in ignored, source
    words = [word for word, _ in steps]
    users = [rest for word, rest in steps if word == "USER"]
    assert users == ["10001:10001"] and words.index("USER") < words.index("ENTRYPOINT")
    assert "HEALTHCHECK" in words and words.count("FROM") == 2
    assert not re.search(r"(?i)(password|secret|token)=", (DEPLOY / "Dockerfile").read_text())
    stated = dict(pair.split("=", 1) for word, rest in steps if word == "ENV" for pair in rest.split() if "=" in pair)
    Settings.model_validate({n.removeprefix("MMGPT_").lower(): v for n, v in stated.items() if n.startswith("MMGPT_")})


@pytest.mark.parametrize("path", [p for p in TEXTS if p.suffix in (".yaml", ".yml", ".json")], ids=lambda p: p.name)
def test_everything_parses(path: Path) -> None:
    text = path.read_text()
    assert json.loads(text) if path.suffix == ".json" else list(yaml.safe_load_all(text))


def test_the_manifests_fit_together() -> None:
    listed = manifest("kustomization.yaml")["resources"]
    assert sorted(listed) == [path.name for path in MANIFESTS]
    deployment = manifest("deployment.yaml")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert manifest("service.yaml")["spec"]["selector"] == labels
    assert manifest("pdb.yaml")["spec"]["selector"]["matchLabels"] == labels
    policy = manifest("networkpolicy.yaml")["spec"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert policy["policyTypes"] == ["Ingress", "Egress"] and policy["egress"] == []
    target = manifest("hpa.yaml")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])


def test_the_pod_is_closed_and_probed() -> None:
    pod = manifest("deployment.yaml")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False
    assert (
        pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    )
    context = container["securityContext"]
    assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
    assert context["capabilities"]["drop"] == ["ALL"]
    probes = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}
    assert probes == {"startup": "/ready", "readiness": "/ready", "liveness": "/health"}
    drained = float(next(item["value"] for item in container["env"] if item["name"] == "MMGPT_DRAIN_SECONDS"))
    assert pod["terminationGracePeriodSeconds"] > drained + 5  # and what preStop waits
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    assert {"cpu", "memory"} <= set(container["resources"]["requests"]) and "memory" in container["resources"]["limits"]


def test_compose_closes_the_container_too() -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["mmgpt"]
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["user"] == "10001:10001"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DEPLOY / "Dockerfile"


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda p: p.name)
def test_manifests_are_valid_by_kubernetes_own_schemas(path: Path) -> None:
    checker = pytest.importorskip("kubernetes_validate", reason="needs: pip install kubernetes-validate")
    checker.validate(yaml.safe_load(path.read_text()), "1.32", strict=True)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool: apt-get install prometheus")
def test_prometheus_takes_the_rules() -> None:
    command = ["promtool", "check", "rules", str(DEPLOY / "prometheus" / "rules.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool: apt-get install prometheus")
def test_prometheus_takes_the_dashboards_queries(tmp_path: Path) -> None:
    """Each query as a rule, with Grafana's variables filled in."""
    board = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    filled = [query.replace("$__rate_interval", "1m").replace("$instance", ".*") for query in queries]
    assert not [query for query in filled if "$" in query]
    rules = [{"record": f"q{number}", "expr": query} for number, query in enumerate(filled)]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "q", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
