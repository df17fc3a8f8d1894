"""What an application does with stem (Debian: python3-stem) over a control port. Each function below is one check: it is
named on the command line, raises when something is not so, and prints what it found as one line of JSON.

    python3 stem_checks.py CHECK PORT COOKIE_FILE PASSWORD [ARGUMENT...]
"""

import json
import queue
import socket
import socketserver
import struct
import sys
import threading
import time

import stem
import stem.connection
import stem.descriptor.networkstatus
from stem.control import Controller, EventType, Listener

WAIT = 60


def connect(authenticate=True):
    controller = Controller.from_port(port=PORT)
    if authenticate:
        controller.authenticate(password=PASSWORD)
    return controller


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def expect_raises(kind, action, what):
    try:
        action()
    except kind as error:
        return str(error)
    raise AssertionError('%s did not raise %s' % (what, kind.__name__))


class Events:
    """Events of these kinds, in their order."""

    def __init__(self, controller, *kinds):
        self.queue = queue.Queue()
        self.controller = controller
        controller.add_event_listener(self.queue.put, *kinds)

    def wait(self, fits, what, timeout=WAIT):
        end = time.time() + timeout
        while True:
            try:
                event = self.queue.get(timeout=max(0.01, end - time.time()))
            except queue.Empty:
                raise AssertionError('no event: %s' % what)
            if fits(event):
                return event

    def stop(self):
        self.controller.remove_event_listener(self.queue.put)


# ── authentication ─────────────────────────────────────────────────────────────────────────────────────────────────────


def authentication():
    found = {}
    with connect(False) as controller:
        info = stem.connection.get_protocolinfo(controller)
        found['methods'] = sorted(str(method) for method in info.auth_methods)
        found['version'] = str(info.tor_version)
        expect(info.cookie_path == COOKIE, info.cookie_path)
    with connect(False) as controller:
        stem.connection.authenticate_cookie(controller, COOKIE)
        found['cookie'] = controller.get_info('version')
    with connect(False) as controller:
        stem.connection.authenticate_safecookie(controller, COOKIE)
        found['safe cookie'] = controller.get_info('version')
    with connect(False) as controller:
        stem.connection.authenticate_password(controller, PASSWORD)
        found['password'] = controller.get_info('version')
    with connect(False) as controller:
        expect_raises(
            stem.connection.IncorrectPassword,
            lambda: stem.connection.authenticate_password(controller, 'not ' + PASSWORD),
            'a wrong password',
        )
    with connect(False) as controller:
        expect_raises(
            stem.connection.AuthenticationFailure,
            lambda: stem.connection.authenticate_none(controller),
            'no password',
        )
    with connect(False) as controller:
        expect(controller.msg('GETINFO version').is_ok() is False, 'a stranger was answered')
    return found


# ── information ────────────────────────────────────────────────────────────────────────────────────────────────────────


def information(*relays):
    with connect() as controller:
        version = controller.get_version()
        expect(version >= stem.version.Version('0.4.0.1'), str(version))
        expect(controller.get_pid() > 0 and controller.get_user() != '', 'process')
        expect(float(controller.get_info('uptime')) >= 0, 'uptime')
        statuses = list(controller.get_network_statuses())
        names = set(status.nickname for status in statuses)
        expect(set(relays) <= names, 'relays: %s' % names)
        for status in statuses:
            expect('Running' in status.flags and status.or_port > 0, str(status))
        first = statuses[0]
        expect(controller.get_network_status(first.fingerprint).nickname == first.nickname, 'ns/id')
        expect(controller.get_network_status(relays[0]).nickname == relays[0], 'ns/name')
        descriptors = list(controller.get_microdescriptors())
        expect(len(descriptors) == len(statuses), 'md/all: %d' % len(descriptors))
        expect(controller.get_microdescriptor(first.fingerprint).ntor_onion_key is not None, 'md/id')
        consensus = controller.get_info('dir/status-vote/current/consensus-microdesc')
        document = stem.descriptor.networkstatus.NetworkStatusDocumentV3(consensus.encode(), default_params=False)
        expect(len(document.directory_authorities) == 1, 'authorities')
        expect(controller.get_info('status/enough-dir-info') == '1', 'enough-dir-info')
        phase = controller.get_info('status/bootstrap-phase')
        expect(phase.startswith('NOTICE BOOTSTRAP PROGRESS='), phase)
        expect(set(controller.get_ports(Listener.CONTROL)) == set([PORT]), 'control listener')
        expect(len(set(controller.get_ports(Listener.SOCKS))) == 1, 'socks listener')
        expect(controller.get_accounting_stats(None) is None, 'accounting')
        expect(controller.get_info('ip-to-country/127.0.0.1') == '??', 'ip-to-country')
        expect(controller.get_info('config-file').endswith('torrc'), 'config-file')
        for many in ('info/names', 'config/names', 'events/names', 'signal/names', 'features/names', 'config/defaults'):
            expect(len(controller.get_info(many).split()) > 1, many)
        for empty in ('onions/detached', 'stream-status', 'address-mappings/all'):
            expect(controller.get_info(empty) == '', empty)
        expect_raises(stem.InvalidArguments, lambda: controller.get_info('no/such/key'), 'an unknown key')
        # Everything that info/names lists is answered, or has a reason why not.
        answered = 0
        for line in controller.get_info('info/names').splitlines():
            key = line.split(' -- ')[0]
            if '*' in key or '<' in key:
                continue
            response = controller.msg('GETINFO %s' % key)
            expect(str(response.content()[0][0]) in ('250', '551', '552'), str(response))
            answered += 1 if response.is_ok() else 0
        return {'relays': len(statuses), 'answered': answered}


# ── events ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def events():
    found = []
    with connect() as controller:
        for kind in controller.get_info('events/names').split():
            controller.msg('SETEVENTS %s' % kind)
        heard = Events(controller, EventType.BW, EventType.SIGNAL, EventType.NOTICE)
        heard.wait(lambda event: event.type == 'BW', 'BW')
        found.append('BW')
        controller.signal('RELOAD')
        # In either order.
        told = set()
        while told != set(['SIGNAL', 'NOTICE']):
            event = heard.wait(
                lambda event: (event.type == 'SIGNAL' and event.signal == 'RELOAD')
                or (event.type == 'NOTICE' and 'reload signal' in event.message),
                'SIGNAL and NOTICE',
            )
            told.add(event.type)
        found.extend(sorted(told))
        controller.signal('NEWNYM')
        heard.wait(lambda event: event.type == 'SIGNAL' and event.signal == 'NEWNYM', 'NEWNYM')
        # Events do not get between the lines of a reply.
        for _ in range(20):
            expect(controller.msg('GETINFO ns/all').is_ok(), 'ns/all among events')
    return found


def consensus_event():
    with connect() as controller:
        heard = Events(controller, EventType.NEWCONSENSUS)
        consensus = heard.wait(lambda event: True, 'NEWCONSENSUS')
        expect(len(consensus.desc) > 3, 'relays in NEWCONSENSUS')
        return {'relays': len(consensus.desc)}


# ── settings ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def settings():
    with connect() as controller:
        expect(controller.get_conf('CookieAuthentication') == '1', 'CookieAuthentication')
        expect(controller.get_conf('BandwidthRate') == str(1 << 30), 'a default, in bytes')
        expect(controller.get_conf('ContactInfo', 'none') == 'none', 'an option that is not set')
        expect_raises(stem.InvalidArguments, lambda: controller.get_conf('NoSuchOption'), 'an unknown option')
        changed = Events(controller, EventType.CONF_CHANGED)
        controller.set_conf('SafeLogging', '0')
        event = changed.wait(lambda event: True, 'CONF_CHANGED')
        expect('SafeLogging' in str(event), str(event))
        expect(controller.get_conf('SafeLogging') == '0', 'SETCONF')
        expect('SafeLogging 0' in controller.get_info('config-text'), 'config-text')
        controller.reset_conf('SafeLogging')
        expect(controller.get_conf('SafeLogging') == '1', 'RESETCONF')
        expect_raises(stem.ControllerError, lambda: controller.set_conf('DataDirectory', '/nowhere'), 'DataDirectory')
        expect_raises(stem.ControllerError, lambda: controller.set_conf('SafeLogging', 'perhaps'), 'a bad value')
        controller.set_conf('SafeLogging', 'relay')
        controller.save_conf()
        with open(controller.get_info('config-file')) as torrc:
            expect('SafeLogging relay' in torrc.read(), 'SAVECONF')
        controller.signal('RELOAD')
        changed.stop()
        expect(controller.get_conf('SafeLogging') == 'relay', 'RELOAD')
        controller.reset_conf('SafeLogging')
        controller.save_conf()
    return {}


# ── circuits and streams ───────────────────────────────────────────────────────────────────────────────────────────────


def circuits(*relays):
    with connect() as controller:
        heard = Events(controller, EventType.CIRC, EventType.CIRC_MINOR, EventType.ORCONN)
        fingerprints = [controller.get_network_status(name).fingerprint for name in relays]
        circuit = controller.new_circuit(fingerprints[:3], await_build=True)
        built = heard.wait(lambda event: event.type == 'CIRC' and event.id == circuit and event.status == 'BUILT', 'BUILT')
        expect([hop[0] for hop in built.path] == fingerprints[:3], str(built.path))
        controller.extend_circuit(circuit, fingerprints[3:4], await_build=True)
        expect([hop[0] for hop in controller.get_circuit(circuit).path] == fingerprints[:4], 'extended')
        controller.repurpose_circuit(circuit, 'CONTROLLER')
        changed = heard.wait(lambda event: event.type == 'CIRC_MINOR' and event.id == circuit, 'CIRC_MINOR')
        expect((changed.event, changed.purpose, changed.old_purpose) == ('PURPOSE_CHANGED', 'CONTROLLER', 'GENERAL'), str(changed))
        controller.close_circuit(circuit)
        heard.wait(lambda event: event.type == 'CIRC' and event.id == circuit and event.status == 'CLOSED', 'CLOSED')
        expect(circuit not in [each.id for each in controller.get_circuits()], 'closed')
        expect_raises(stem.InvalidArguments, lambda: controller.close_circuit(circuit), 'closing it again')
        expect_raises(stem.ControllerError, lambda: controller.new_circuit('F' * 40), 'a relay that is not there')
        return {'links': len(controller.get_info('orconn-status').splitlines())}


# ── onion services ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Hello(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(100)
        self.request.sendall(b'hello from ' + str(self.server.server_address[1]).encode())


def serve():
    server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), Hello)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def through_socks(socks_port, host, port):
    """What the service says; the SOCKS5 reply where it was refused."""
    connection = socket.create_connection(('127.0.0.1', socks_port), timeout=WAIT)
    with connection:
        connection.sendall(b'\x05\x01\x00')
        expect(connection.recv(2) == b'\x05\x00', 'SOCKS method')
        name = host.encode()
        connection.sendall(b'\x05\x01\x00\x03' + bytes([len(name)]) + name + struct.pack('>H', port))
        answer = connection.recv(10)
        if len(answer) < 2 or answer[1] != 0:
            return answer[1] if len(answer) > 1 else -1
        connection.sendall(b'hi')
        return connection.recv(100).decode()


def onion_service(socks_port):
    socks_port = int(socks_port)
    target = serve()
    with connect() as controller:
        heard = Events(controller, EventType.HS_DESC, EventType.HS_DESC_CONTENT, EventType.STREAM, EventType.STREAM_BW)
        made = controller.create_ephemeral_hidden_service({80: target}, await_publication=True)
        expect(made.private_key_type == 'ED25519-V3' and len(made.private_key) == 88, 'key')
        address = made.service_id + '.onion'
        heard.wait(lambda event: event.type == 'HS_DESC' and event.action == 'UPLOADED', 'UPLOADED')
        expect(through_socks(socks_port, address, 80) == 'hello from %d' % target, 'through SOCKS')
        # C tor tells of its directory streams too.
        ours = lambda event: event.type == 'STREAM' and event.target == address + ':80'
        stream = heard.wait(lambda event: ours(event) and event.status == 'SUCCEEDED', 'STREAM')
        expect(stream.circ_id != '0', str(stream))
        carried = heard.wait(lambda event: event.type == 'STREAM_BW' and event.id == stream.id and int(event.read) > 0, 'STREAM_BW')
        expect(int(carried.read) <= len('hello from 65535') and int(carried.written) <= len('hi'), str(carried))
        mapped = controller.map_address({'.': address, '*.mapped.test': '*.' + address})
        expect(mapped['*.mapped.test'] == '*.' + address, str(mapped))
        for name in list(mapped) + ['www.mapped.test']:
            if not name.startswith('*.'):
                expect(through_socks(socks_port, name, 80) == 'hello from %d' % target, 'through SOCKS as ' + name)
        expect('*.mapped.test *.%s NEVER' % address in controller.get_info('address-mappings/control'), 'address-mappings')
        controller.map_address({name: name for name in mapped})
        expect(controller.get_info('address-mappings/all') == '', 'mappings taken back')
        expect(through_socks(socks_port, address, 81) not in ('hello', 0), 'a port that is none')
        expect(controller.list_ephemeral_hidden_services() == [made.service_id], 'onions/current')
        expect('hs-descriptor 3' in controller.get_info('hs/client/desc/id/' + made.service_id), 'client cache')
        expect('hs-descriptor 3' in controller.get_info('hs/service/desc/id/' + made.service_id), 'service cache')
        controller.msg('HSFETCH %s' % made.service_id)
        fetched = heard.wait(lambda event: event.type == 'HS_DESC_CONTENT' and event.address == made.service_id, 'HSFETCH')
        expect('hs-descriptor 3' in str(fetched), 'HS_DESC_CONTENT')
        controller.remove_ephemeral_hidden_service(made.service_id)
        expect(controller.list_ephemeral_hidden_services([]) == [], 'removed')
        # The same address again, by its key; a connection that ends takes it along unless it was detached.
        again = controller.create_ephemeral_hidden_service(
            {80: target}, key_type='ED25519-V3', key_content=made.private_key, detached=True, max_streams=4
        )
        expect(again.service_id == made.service_id and again.private_key is None, 'the same key')
        expect(controller.list_ephemeral_hidden_services(detached=True, our_services=False) == [made.service_id], 'detached')
        expect_raises(
            stem.ControllerError,
            lambda: controller.create_ephemeral_hidden_service(
                {80: target}, key_type='ED25519-V3', key_content=made.private_key
            ),
            'the same address twice',
        )
        controller.remove_ephemeral_hidden_service(made.service_id)
    with connect() as controller:
        gone = controller.create_ephemeral_hidden_service({80: target})
    with connect() as controller:
        for _ in range(50):
            if gone.service_id not in controller.get_info('onions/current').split():
                break
            time.sleep(0.1)
        expect(controller.list_ephemeral_hidden_services([], detached=True) == [], 'gone with its connection')
    return {'address': len(made.service_id)}


def client_authorization(socks_port, secret, public):
    """A service that lets in whoever has the key, and nobody else. Keys: X25519, base64 and base32."""
    socks_port = int(socks_port)
    target = serve()
    with connect() as controller:
        heard = Events(controller, EventType.HS_DESC)
        command = 'ADD_ONION NEW:ED25519-V3 Flags=V3Auth,DiscardPK ClientAuthV3=%s Port=80,%d' % (public, target)
        response = controller.msg(command)
        expect(response.is_ok() and 'PrivateKey' not in str(response), str(response))
        service = str(list(response)[0]).split('=')[1]
        for _ in range(4):
            heard.wait(lambda event: event.action == 'UPLOADED', 'UPLOADED')
        expect(str(through_socks(socks_port, service + '.onion', 80)) != 'hello from %d' % target, 'without a key')
        added = controller.msg('ONION_CLIENT_AUTH_ADD %s x25519:%s ClientName=me' % (service, secret))
        expect(str(added.content()[0][0]) in ('250', '252'), str(added))
        view = str(controller.msg('ONION_CLIENT_AUTH_VIEW %s' % service))
        expect('CLIENT %s x25519:%s ClientName=me' % (service, secret) in view, view)
        controller.signal('NEWNYM')
        answer = None
        for _ in range(20):
            answer = through_socks(socks_port, service + '.onion', 80)
            if answer == 'hello from %d' % target:
                break
            time.sleep(2)
        expect(answer == 'hello from %d' % target, 'with the key: %s' % answer)
        expect(controller.msg('ONION_CLIENT_AUTH_REMOVE %s' % service).is_ok(), 'removed')
        expect(str(controller.msg('ONION_CLIENT_AUTH_REMOVE %s' % service)).startswith('No credentials'), 'twice')
    return {}


def attach(socks_port):
    """Streams that are left for the controller to attach."""
    socks_port = int(socks_port)
    target = serve()
    with connect() as controller:
        heard = Events(controller, EventType.STREAM)
        made = controller.create_ephemeral_hidden_service({80: target}, await_publication=True)
        controller.set_conf('__LeaveStreamsUnattached', '1')
        answers = queue.Queue()
        work = lambda: answers.put(through_socks(socks_port, made.service_id + '.onion', 80))
        threading.Thread(target=work, daemon=True).start()
        new = lambda event: event.status == 'NEW' and made.service_id in event.target
        stream = heard.wait(new, 'NEW')
        time.sleep(1)
        expect(answers.empty(), 'it waits')
        expect(stream.id in [each.id for each in controller.get_streams()], 'stream-status')
        expect_raises(stem.ControllerError, lambda: controller.attach_stream(stream.id, '99999'), 'no such circuit')
        controller.attach_stream(stream.id, '0')
        expect(answers.get(timeout=WAIT) == 'hello from %d' % target, 'attached')
        threading.Thread(target=work, daemon=True).start()
        stream = heard.wait(new, 'NEW')
        controller.close_stream(stream.id)
        expect(answers.get(timeout=WAIT) != 'hello from %d' % target, 'closed')
        controller.reset_conf('__LeaveStreamsUnattached')
    return {}


CHECKS = (
    authentication, information, events, consensus_event, settings, circuits, onion_service, client_authorization, attach
)

if __name__ == '__main__':
    name, port, COOKIE, PASSWORD = sys.argv[1:5]
    PORT = int(port)
    check = dict((each.__name__, each) for each in CHECKS)[name]
    print(json.dumps(check(*sys.argv[5:])))
