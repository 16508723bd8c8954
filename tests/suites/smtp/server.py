"""A mail server that keeps what it gets, and fails where it is told to. Runs until it is killed.

    python3 server.py OPTIONS     OPTIONS is JSON: folder, security, certificate, key, user, password, utf8, fault, times

It prints its port. A mail is kept as FOLDER/<n>.eml, with its envelope in FOLDER/<n>.json, before it is acknowledged.
`fault` is "stage:what": the stages are connect, mail, rcpt, data (the command), body (amid the mail) and end (after the
final dot); what is a reply code, "drop" (the connection is cut) or "hang". `times` says how often, before all is well.
"""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
folder = pathlib.Path(options["folder"])
fault_stage, _, fault_what = (options["fault"] or ":").partition(":")
faults_left = options["times"]
kept = 0


async def fault_at(stage, server):
    """The reply that fails this stage, or None where it goes well."""
    global faults_left
    if stage != fault_stage or faults_left == 0:
        return None
    faults_left -= 1
    if fault_what == "hang":
        await asyncio.sleep(3600)
    if fault_what == "drop":
        server.transport.abort()
        return "421 gone"
    return f"{fault_what} told to fail at {stage}"


class Keeper:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        envelope.mail_from = address
        return await fault_at("mail", server) or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        envelope.rcpt_tos.append(address)
        return await fault_at("rcpt", server) or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if fault_what != "drop":
            if fault := await fault_at("end", server):
                return fault
        keep(session, envelope)
        return await fault_at("end", server) or "250 kept"


def keep(session, envelope):
    global kept
    kept += 1
    login = session.auth_data.login.decode() if session.auth_data else None
    facts = {"from": envelope.mail_from, "recipients": envelope.rcpt_tos, "login": login, "tls": bool(session.ssl)}
    (folder / f"{kept:06}.json").write_text(json.dumps(facts))
    (folder / f"{kept:06}.part").write_bytes(envelope.original_content)
    (folder / f"{kept:06}.part").rename(folder / f"{kept:06}.eml")


class Server(SMTP):
    async def _handle_client(self):
        if not await fault_at("connect", self):
            await super()._handle_client()

    async def smtp_DATA(self, arg):
        if fault := await fault_at("data", self):
            await self.push(fault)
        elif fault_stage == "body" and faults_left:
            await self.push("354 go on")
            await self._reader.read(1)
            await fault_at("body", self)
        else:
            await super().smtp_DATA(arg)


def authenticate(server, session, envelope, mechanism, login):
    right = (options["user"].encode(), options["password"].encode())
    success = (login.login, login.password) == right
    return AuthResult(success=success, handled=False, auth_data=login)


def certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["certificate"], options["key"])
    return context


def protocol():
    starttls = options["security"] == "starttls"
    login = bool(options["user"])
    return Server(
        Keeper(),
        enable_SMTPUTF8=options["utf8"],
        tls_context=certificate() if starttls else None,
        require_starttls=starttls,
        auth_required=login,
        auth_require_tls=starttls,
        authenticator=authenticate if login else None,
    )


async def serve():
    tls = certificate() if options["security"] == "tls" else None
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


asyncio.run(serve())
