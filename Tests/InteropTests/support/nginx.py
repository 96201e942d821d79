"""nginx as a reverse proxy in front of the server."""

from .ports import free_port
from .program import Program

# As a site would have it, but for the folder.
_CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log stderr notice;
events {{ }}
http {{
    access_log off;
{http}
}}
"""

# As a site would have it, but for the times.
_SERVER = """
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
"""


def start_nginx(directory, upstream, path="/", certificates=None, read_timeout="60s"):
    """Starts nginx at a free port; gives it with its authority, once it listens."""
    port = free_port()
    tls = certificates and f"ssl_certificate {certificates.certificate}; ssl_certificate_key {certificates.key};"
    server = _SERVER.format(
        port=port,
        path=path,
        upstream=upstream,
        read_timeout=read_timeout,
        listen_options="ssl" if tls else "",
        server_options=tls or "",
    )
    return run_nginx(directory, server), f"localhost:{port}"


def run_nginx(directory, http):
    """Starts nginx with what stands in its `http` block, and waits until it listens."""
    (directory / "nginx.conf").write_text(_CONFIGURATION.format(http=http))
    nginx = Program(["nginx", "-p", directory, "-c", "nginx.conf", "-e", "stderr"], directory)
    nginx.wait_for("start worker process")
    return nginx
