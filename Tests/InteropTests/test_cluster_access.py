"""How a node shows NATS who it is: what a file or a variable says nobody else is told, and what is wrong is said clearly."""

import json
import urllib.request

import pytest

from support.certificates import Certificates
from support.operator import Operator
from support.program import Server

_SECRET = "s3cret-and-l0ng"
_USER = f"authorization {{ user: ann, password: {_SECRET} }}"
_USAGE, _BAD_INPUT, _UNAVAILABLE, _BAD_CONFIGURATION = 64, 65, 69, 78


@pytest.fixture
def credentials(tmp_path):
    """Writes a file that says who comes."""

    def write(text):
        file = tmp_path / "credentials"
        file.write_text(text)
        return file

    return write


@pytest.fixture
def secure_nats(start_nats, certificates):
    """A server of NATS that takes only clients with a certificate of the authority."""
    return start_nats(
        f'tls {{ cert_file: "{certificates.certificate}", key_file: "{certificates.key}", '
        f'ca_file: "{certificates.authority}", verify: true }}'
    )


@pytest.fixture
def operator(tmp_path):
    """Who gives accounts and users."""
    return Operator(tmp_path / "operator")


def check(node, secret=_SECRET):
    """It has its cluster, and whoever reads its command line or its log does not get the secret."""
    server = Server(node, "ws")
    request = urllib.request.Request(f"{server.page}team", b"hello", {"Content-Type": "text/plain"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["stored"] == "cluster"
    assert not any(secret in word for word in node.command_line)
    assert secret not in node.output


def check_refused(node, code, text):
    """It has ended with an exit code and a sentence that says why, without the secret."""
    assert node.exit_code() == code, node.output
    assert text in node.output
    assert _SECRET not in node.output


def test_a_user_and_a_password_in_a_file(start_nats, start_node, credentials):
    nats = start_nats(_USER)
    check(start_node("--cluster", nats.url, "--cluster-credentials", credentials(f"ann:{_SECRET}\n")))


def test_a_token_in_a_file(start_nats, start_node, credentials):
    nats = start_nats(f"authorization {{ token: {_SECRET} }}")
    check(start_node("--cluster", nats.url, "--cluster-credentials", credentials(f"{_SECRET}\n")))


def test_a_file_of_nsc(start_nats, start_node, credentials, operator):
    nats = start_nats(operator.configuration)
    node = start_node("--cluster", nats.url, "--cluster-credentials", credentials(operator.credentials))
    check(node, operator.user.seed)


def test_a_file_of_another_operator_is_refused(start_nats, start_node, credentials, operator, tmp_path):
    nats = start_nats(operator.configuration)
    other = Operator(tmp_path / "another")
    node = start_node("--cluster", nats.url, "--cluster-credentials", credentials(other.credentials))
    check_refused(node, _BAD_CONFIGURATION, "Authorization Violation")
    assert other.user.seed not in node.output


def test_a_url_with_a_password_in_the_variable(start_nats, start_node):
    nats = start_nats(_USER)
    check(start_node(BROADCAST_SERVER_CLUSTER=nats.url.replace("//", f"//ann:{_SECRET}@")))


def test_a_url_with_a_password_on_the_command_line_is_refused(start_node):
    check_refused(start_node("--cluster", f"nats://ann:{_SECRET}@127.0.0.1:4222"), _USAGE, "--cluster-credentials")


def test_a_wrong_password_is_an_error_that_says_so(start_nats, start_node, credentials):
    nats = start_nats(_USER.replace(_SECRET, "another"))
    node = start_node("--cluster", nats.url, "--cluster-credentials", credentials(f"ann:{_SECRET}\n"))
    check_refused(node, _BAD_CONFIGURATION, "Authorization Violation. Look at --cluster-credentials")


def test_nobody_is_not_let_in(start_nats, start_node):
    check_refused(start_node("--cluster", start_nats(_USER).url), _BAD_CONFIGURATION, "Authorization Violation")


def test_a_file_without_a_word_is_an_error(start_node, credentials):
    node = start_node("--cluster", "nats://127.0.0.1:4222", "--cluster-credentials", credentials("\n"))
    check_refused(node, _BAD_INPUT, "is empty")


def test_tls_with_certificates_on_both_sides(secure_nats, start_node, certificates):
    check(
        start_node(
            *("--cluster", secure_nats.url),
            *("--cluster-ca", certificates.authority),
            *("--cluster-cert", certificates.certificate, "--cluster-key", certificates.key),
        )
    )


def check_certificate_refused(node):
    """It has ended with a sentence that says what to do; older libraries of NATS cannot tell it from a server that ends."""
    assert node.exit_code() in (_UNAVAILABLE, _BAD_CONFIGURATION), node.output
    assert "Cannot reach NATS" in node.output
    assert "certificate" in node.output and "--cluster-cert and --cluster-key" in node.output


def test_tls_without_a_certificate_of_its_own_is_refused(secure_nats, start_node, certificates):
    check_certificate_refused(start_node("--cluster", secure_nats.url, "--cluster-ca", certificates.authority))


def test_tls_with_a_certificate_of_another_authority_is_refused(secure_nats, start_node, certificates, tmp_path):
    other = Certificates(tmp_path)
    check_certificate_refused(
        start_node(
            *("--cluster", secure_nats.url),
            *("--cluster-ca", certificates.authority),
            *("--cluster-cert", other.certificate, "--cluster-key", other.key),
        )
    )


def test_tls_with_an_authority_that_the_server_does_not_have_is_refused(secure_nats, start_node, tmp_path):
    other = Certificates(tmp_path)
    node = start_node(
        *("--cluster", secure_nats.url),
        *("--cluster-ca", other.authority, "--cluster-cert", other.certificate, "--cluster-key", other.key),
    )
    assert node.exit_code() == _BAD_CONFIGURATION, node.output
    assert "Cannot reach NATS" in node.output
