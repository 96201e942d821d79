"""A private certificate authority, made afresh by the `openssl` command."""

import ssl
import subprocess


class Certificates:
    """The files of an authority (`authority`), and of a server at localhost (`certificate`, `key`), as PEM.

    The certificate does for a client as well.
    """

    def __init__(self, folder):
        self._folder = folder
        self.authority, self.certificate, self.key = folder / "ca.pem", folder / "server.pem", folder / "server.key"
        new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        # What a strict client looks for (RFC 5280 section 4.2.1), such as Python from 3.13 on.
        (folder / "extensions").write_text(
            "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
            "keyUsage=critical,digitalSignature\n"
            "subjectKeyIdentifier=hash\n"
            "authorityKeyIdentifier=keyid\n"
        )
        usage = "-addext keyUsage=critical,keyCertSign,cRLSign"
        self._openssl(f"req -x509 {new_key} -days 2 -keyout ca.key -out ca.pem -subj /CN=authority {usage}")
        self._openssl(f"req {new_key} -keyout server.key -out server.csr -subj /CN=localhost")
        self._openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.pem"
        )

    def _openssl(self, arguments):
        subprocess.run(["openssl", *arguments.split()], cwd=self._folder, check=True, capture_output=True)

    @property
    def client_context(self):
        """The TLS settings of a client that trusts this authority and no other."""
        context = ssl.create_default_context(cafile=self.authority)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    @property
    def strict_server_context(self):
        """The TLS settings of a server that takes only clients with a certificate of this authority."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.authority)
        context.load_cert_chain(self.certificate, self.key)
        context.verify_mode = ssl.CERT_REQUIRED
        return context
