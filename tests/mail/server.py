"""A mail server on loopback for the tests: keeps what it is sent, and treats some recipients as servers do at times.

Usage: server.py FOLDER [--port N] [--tls none|starttls|smtps] [--login USER:PASSWORD]

Says `ready PORT` when it listens. Each letter becomes a file in FOLDER: the first line says from whom, to whom and how it came, as
JSON, and the letter follows. With TLS, the certificate of the one that vouches for the server is FOLDER/ca.pem.

By the first word of the recipient: `nobody` is refused (550), `busy` is put off (451) the first two times, `relay` is refused as
somebody is who has not signed in (530), `slow` is taken after two seconds, `late` never.
"""

import argparse
import asyncio
import json
import pathlib
import ssl

import trustme
from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.letters = 0
        self.tries = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0].split("-")[0]
        self.tries[address] = self.tries.get(address, 0) + 1
        if name == "nobody":
            return "550 5.1.1 There is no such mailbox"
        if name == "busy" and self.tries[address] <= 2:
            return "451 4.3.2 Come back later"
        if name == "relay":
            return "530 5.7.0 Sign in first"
        if name == "slow":
            await asyncio.sleep(2)
        if name == "late":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters += 1
        about = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or bool(server.transport.get_extra_info("ssl_object")),
            "signed_in": bool(session.authenticated),
        }
        draft = self.folder / "draft"
        draft.write_bytes(json.dumps(about).encode() + b"\n" + envelope.content)
        draft.rename(self.folder / f"{self.letters:04}.letter")
        return "250 OK"


def tls_context(folder):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


async def serve(options):
    options.folder.mkdir(exist_ok=True)
    handler = Handler(options.folder)
    context = tls_context(options.folder) if options.tls != "none" else None

    def authenticate(server, session, envelope, mechanism, data):
        given = f"{data.login.decode()}:{data.password.decode()}"
        return AuthResult(success=given == options.login)

    def session():
        return SMTP(
            handler,
            enable_SMTPUTF8=True,
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            authenticator=authenticate if options.login else None,
            auth_required=bool(options.login),
            # What is within TLS from its first byte is safe enough to sign in, and so is this machine.
            auth_require_tls=options.tls == "starttls",
        )

    wrapped = context if options.tls == "smtps" else None
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", options.port, ssl=wrapped)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--tls", choices=["none", "starttls", "smtps"], default="none")
parser.add_argument("--login")
asyncio.run(serve(parser.parse_args()))
