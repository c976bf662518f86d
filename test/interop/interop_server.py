"""grpc.testing.TestService by the Python library grpcio. Usage: interop_server.py GENERATED_FOLDER; prints its port."""
import sys
import time
from concurrent import futures

import grpc

grpc.__path__.append(f"{sys.argv[1]}/grpc")

from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # noqa: E402  (generated just now)

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
CODES = {code.value[0]: code for code in grpc.StatusCode}


def echo(context):
    for key, value in context.invocation_metadata():
        if key == INITIAL:
            context.send_initial_metadata(((key, value),))
        elif key == TRAILING:
            context.set_trailing_metadata(((key, value),))


def end(request, context):
    if request.HasField("response_status") and request.response_status.code:
        context.abort(CODES[request.response_status.code], request.response_status.message)


def zeros(size):
    return messages_pb2.Payload(body=b"\0" * size)


class TestService(test_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        if request.HasField("response_compressed"):
            wanted = request.response_compressed.value
            context.set_compression(grpc.Compression.Gzip if wanted else grpc.Compression.NoCompression)
        echo(context)
        end(request, context)
        return messages_pb2.SimpleResponse(payload=zeros(request.response_size))

    def StreamingInputCall(self, requests, context):
        size = sum(len(request.payload.body) for request in requests)
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=size)

    def StreamingOutputCall(self, request, context):
        echo(context)
        end(request, context)
        for parameters in request.response_parameters:
            if parameters.interval_us:
                time.sleep(parameters.interval_us / 1e6)
            yield messages_pb2.StreamingOutputCallResponse(payload=zeros(parameters.size))

    def FullDuplexCall(self, requests, context):
        echo(context)
        for request in requests:
            end(request, context)
            for parameters in request.response_parameters:
                yield messages_pb2.StreamingOutputCallResponse(payload=zeros(parameters.size))


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(None)
