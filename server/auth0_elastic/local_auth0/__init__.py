"""A small HTTP server that behaves as Auth0 is documented to: for tests, and for the demo's tenant."""

from auth0_elastic.local_auth0.behaviour import Behaviour
from auth0_elastic.local_auth0.clock import SetClock
from auth0_elastic.local_auth0.log_ids import synthetic, time_of
from auth0_elastic.local_auth0.server import LocalAuth0
from auth0_elastic.local_auth0.stream import Stream
from auth0_elastic.local_auth0.tenant import Tenant
from auth0_elastic.local_auth0.tokens import SCOPES, Client

__all__ = ["SCOPES", "Behaviour", "Client", "LocalAuth0", "SetClock", "Stream", "Tenant", "synthetic", "time_of"]
