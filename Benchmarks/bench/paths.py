"""Where things are."""
import os

BENCHMARKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPOSITORY = os.path.dirname(BENCHMARKS)
BUILD = os.path.join(BENCHMARKS, ".build")
RESULTS = os.path.join(BENCHMARKS, "results")
LOAD = os.path.join(BUILD, "load")
NIO_PACKAGE = os.path.join(BENCHMARKS, "peers", "nio")
NIO_BROADCAST = os.path.join(NIO_PACKAGE, ".build", "release", "nio-broadcast")
PYTHON_PEER = os.path.join(BENCHMARKS, "peers", "websockets_server.py")
NCHAN_PEER = os.path.join(BENCHMARKS, "peers", "nchan")
NCHAN_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"
PEER_ENVIRONMENT = os.path.join(BUILD, "venv")
PEER_PYTHON = os.path.join(PEER_ENVIRONMENT, "bin", "python3")


def broadcast_server(repository):
    return os.path.join(repository, ".build", "release", "broadcast-server")


def echo_bench(repository):
    return os.path.join(repository, "Benchmarks", ".build", "release", "echo-bench")
