"""Grafana dashboards as code: `pages` says what is shown, `panels` how; `python -m deploy.grafana` writes."""
