"""The layers below HTTP, on real sockets: which one fails, and why."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess

import pytest
from support.inventories import deployment, provider

from modelrouter.core.checks import Layer
from modelrouter.providers.base import ConnectionFailedError
from modelrouter.providers.egress import LoopbackEgress
from modelrouter.providers.http import HttpClient

HOME = provider("home", local=True)
BASE = {Layer.DNS: True, Layer.CONNECT: True}


def client() -> HttpClient:
    """A client that may dial loopback alone."""
    return HttpClient(lambda _: None, LoopbackEgress())


async def asked(url: str) -> tuple[dict[Layer, bool], str]:
    """What each layer came to, and why the last one failed."""
    reached = await client().reach(deployment("d", of=HOME, url=url))
    return {each.layer: each.ok for each in reached}, reached[-1].why


async def listed(url: str) -> Layer | None:
    """The layer that a listing failed on."""
    http = client()
    with pytest.raises(ConnectionFailedError) as caught:
        await http.listing(deployment("d", of=HOME, url=url))
    await http.aclose()
    return caught.value.layer


@pytest.fixture
def free_port():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory):
    """A certificate and its key, made by the machine's `openssl`."""
    folder = tmp_path_factory.mktemp("certificate")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out cert -days 2"
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", *words.split(), *named], cwd=folder, check=True, capture_output=True, timeout=30)
    return folder / "cert", folder / "key"


def test_a_name_that_does_not_resolve():
    """The names of `.invalid` never do."""

    async def promise():
        return await asked("https://nobody.invalid/v1"), await listed("https://nobody.invalid/v1")

    assert (({Layer.DNS: False}, "name does not resolve"), Layer.DNS) == asyncio.run(promise())


def test_a_port_where_nobody_listens(free_port):
    """The address is there, and refuses."""

    async def promise():
        url = f"http://127.0.0.1:{free_port}/v1"
        return await asked(url), await listed(url)

    expected = {Layer.DNS: True, Layer.CONNECT: False}
    assert ((expected, "connection refused"), Layer.CONNECT) == asyncio.run(promise())


def test_an_address_that_may_not_be_dialled():
    """The guard of calls is that of checks."""
    reached, why = asyncio.run(asked("http://169.254.169.254/v1"))

    assert ({Layer.DNS: False}, "the address may not be dialled") == (reached, why)


def test_a_certificate_that_nobody_vouches_for(self_signed):
    """TLS fails, and says what is wrong with the certificate."""

    async def promise():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self_signed)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        async with server:
            url = f"https://localhost:{server.sockets[0].getsockname()[1]}/v1"
            return await asked(url), await listed(url)

    assert ((BASE | {Layer.TLS: False}, "TLS: self-signed certificate"), Layer.TLS) == asyncio.run(promise())


def test_a_server_that_answers():
    """Where a plain server listens, name and connection hold, and TLS is not asked."""

    async def promise():
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        async with server:
            return await asked(f"http://localhost:{server.sockets[0].getsockname()[1]}/v1")

    assert (BASE, "") == asyncio.run(promise())
