"""What stands in front of every vendor: load balancers, content networks, proxies on the way."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from modelrouter.drills.twins.effects import Effect
from modelrouter.drills.twins.failure import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS: Mapping[Effect, Row] = MappingProxyType(
    {
        Effect.BAD_GATEWAY: Row(
            status=502,
            content_type="text/html",
            body="<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
            "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
            source="nginx's built-in error page, relayed by content networks",
        ),
        Effect.UNAVAILABLE: Row(
            status=503,
            content_type="text/plain",
            body="upstream connect error or disconnect/reset before headers. reset reason: connection failure",
            source="Envoy's local reply when no upstream host takes the connection",
        ),
        Effect.HTML_200: Row(
            status=200,
            content_type="text/html; charset=utf-8",
            body="<!DOCTYPE html><html><head><title>Sign in to the network</title></head>"
            "<body><h1>Authentication required</h1><form method=post></form></body></html>",
            source="the shape of captive portals and filtering proxies",
        ),
    }
)
