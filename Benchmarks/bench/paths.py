"""Where things are."""
import os

BENCHMARKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(BENCHMARKS, ".build")
RESULTS = os.path.join(BENCHMARKS, "results")
LOAD = os.path.join(BUILD, "load")
BROADCAST_SERVER = os.path.join(BENCHMARKS, "..", ".build", "release", "broadcast-server")
ECHO_BENCH = os.path.join(BUILD, "release", "echo-bench")
NIO_BROADCAST = os.path.join(BENCHMARKS, "peers", "nio", ".build", "release", "nio-broadcast")
PYTHON_PEER = os.path.join(BENCHMARKS, "peers", "websockets_server.py")
PEER_PYTHON = os.path.join(BUILD, "venv", "bin", "python3")
