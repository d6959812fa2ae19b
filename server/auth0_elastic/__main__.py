"""`python -m auth0_elastic` is `auth0-elastic`."""

from auth0_elastic.cli import main

main(prog_name="auth0-elastic")
