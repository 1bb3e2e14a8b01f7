"""How the platform is run: on one machine (`deploy.local`) and, as data, its topics (`deploy/kafka`)."""
