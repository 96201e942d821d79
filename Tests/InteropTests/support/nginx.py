"""nginx as a reverse proxy in front of the server."""

import socket

from .program import Program

# As a site would have it, but for the folder and the times.
CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log stderr notice;
events {{ }}
http {{
    access_log off;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        ""      close;
    }}
    server {{
        listen 127.0.0.1:{port} {listen_options};
        {server_options}
        location {path} {{
            proxy_pass http://{upstream}/;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout {read_timeout};
        }}
    }}
}}
"""


def start_nginx(directory, upstream, path="/", certificates=None, read_timeout="60s"):
    """Starts nginx at a free port; gives it with its authority, once it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tls = certificates and f"ssl_certificate {certificates.certificate}; ssl_certificate_key {certificates.key};"
    configuration = CONFIGURATION.format(
        port=port,
        path=path,
        upstream=upstream,
        read_timeout=read_timeout,
        listen_options="ssl" if tls else "",
        server_options=tls or "",
    )
    (directory / "nginx.conf").write_text(configuration)
    command = ["nginx", "-p", directory, "-c", "nginx.conf", "-e", "stderr"]
    nginx = Program(command, directory)
    nginx.wait_for("start worker process")
    return nginx, f"localhost:{port}"
