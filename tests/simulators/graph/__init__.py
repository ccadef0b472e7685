"""Microsoft Graph v1.0 and its token endpoint.

    secret = Secret("a-secret", expires)
    app = Registration(client_id=..., secrets=[secret], roles={"Calendars.ReadWrite", ...})
    simulator = GraphSimulator(organisation, app)
    async with running(simulator.app, tls=tls) as origin: ...

The origin is both the login host (`{origin}/{tenant}/oauth2/v2.0/token`) and the Graph host
(`{origin}/v1.0/...`).
"""

from simulators.graph.directory import Registration, Secret, Tenant
from simulators.graph.simulator import GraphSimulator

__all__ = ["GraphSimulator", "Registration", "Secret", "Tenant"]
