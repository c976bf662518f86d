"""The official interop cases, driven by the Python library grpcio. Usage: interop_client.py TARGET GENERATED_FOLDER"""
import sys
import threading

import grpc

target, generated = sys.argv[1], sys.argv[2]
# What was generated lies in a package of the same name as the library, which comes first.
grpc.__path__.append(f"{generated}/grpc")

from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # noqa: E402  (generated just now)

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


def zeros(size):
    return messages_pb2.Payload(body=b"\0" * size)


def duplex_request(size, sent):
    parameters = [messages_pb2.ResponseParameters(size=size)]
    return messages_pb2.StreamingOutputCallRequest(response_parameters=parameters, payload=zeros(sent))


def fails(call, code):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, (error.code(), error.details())
        return error
    raise AssertionError(f"was to fail with {code}")


def large_request(**more):
    return messages_pb2.SimpleRequest(response_size=314159, payload=zeros(271828), **more)


def empty_unary(stub):
    assert stub.EmptyCall(empty_pb2.Empty()) == empty_pb2.Empty()


def large_unary(stub):
    assert len(stub.UnaryCall(large_request()).payload.body) == 314159


def client_streaming(stub):
    sizes = [27182, 8, 1828, 45904]
    requests = (messages_pb2.StreamingInputCallRequest(payload=zeros(size)) for size in sizes)
    assert stub.StreamingInputCall(requests).aggregated_payload_size == 74922


def server_streaming(stub):
    sizes = [31415, 9, 2653, 58979]
    parameters = [messages_pb2.ResponseParameters(size=size) for size in sizes]
    request = messages_pb2.StreamingOutputCallRequest(response_parameters=parameters)
    assert [len(answer.payload.body) for answer in stub.StreamingOutputCall(request)] == sizes


def ping_pong(stub):
    pairs = [(31415, 27182), (9, 8), (2653, 1828), (58979, 45904)]
    answered = threading.Semaphore(1)

    def requests():
        for size, sent in pairs:
            answered.acquire()
            yield duplex_request(size, sent)

    got = []
    for answer in stub.FullDuplexCall(requests()):
        got.append(len(answer.payload.body))
        answered.release()
    assert got == [size for size, _ in pairs], got


def empty_stream(stub):
    assert list(stub.FullDuplexCall(iter(()))) == []


def cancel_after_begin(stub):
    never = threading.Event()

    def requests():
        never.wait()
        yield from ()

    call = stub.StreamingInputCall.future(requests())
    call.cancel()
    never.set()
    assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED


def cancel_after_first_response(stub):
    never = threading.Event()

    def requests():
        yield duplex_request(31415, 27182)
        never.wait()

    call = stub.FullDuplexCall(requests())
    next(call)
    call.cancel()
    never.set()
    fails(lambda: next(call), grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server(stub):
    never = threading.Event()

    def requests():
        yield messages_pb2.StreamingOutputCallRequest(payload=zeros(27182))
        never.wait()

    call = stub.FullDuplexCall(requests(), timeout=0.001)
    fails(lambda: next(call), grpc.StatusCode.DEADLINE_EXCEEDED)
    never.set()


def status_code_and_message(stub, text="test status message"):
    status = messages_pb2.EchoStatus(code=2, message=text)
    request = messages_pb2.SimpleRequest(response_status=status)
    assert fails(lambda: stub.UnaryCall(request), grpc.StatusCode.UNKNOWN).details() == text
    asked = messages_pb2.StreamingOutputCallRequest(response_status=status)
    error = fails(lambda: list(stub.FullDuplexCall(iter([asked]))), grpc.StatusCode.UNKNOWN)
    assert error.details() == text, error.details()


def special_status_message(stub):
    status_code_and_message(stub, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")


def custom_metadata(stub):
    metadata = ((INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab"))
    _, unary = stub.UnaryCall.with_call(messages_pb2.SimpleRequest(response_size=1), metadata=metadata)
    duplex = stub.FullDuplexCall(iter([duplex_request(1, 1)]), metadata=metadata)
    list(duplex)
    for call in (unary, duplex):
        assert dict(call.initial_metadata())[INITIAL] == "test_initial_metadata_value"
        assert dict(call.trailing_metadata())[TRAILING] == b"\xab\xab\xab"


def unimplemented_method(stub):
    fails(lambda: stub.UnimplementedCall(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(_stub):
    with grpc.insecure_channel(target) as channel:
        other = test_pb2_grpc.UnimplementedServiceStub(channel)
        fails(lambda: other.UnimplementedCall(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


def client_compressed_unary(stub):
    expecting = large_request(expect_compressed=messages_pb2.BoolValue(value=True))
    fails(lambda: stub.UnaryCall(expecting), grpc.StatusCode.INVALID_ARGUMENT)
    answer = stub.UnaryCall(expecting, compression=grpc.Compression.Gzip)
    assert len(answer.payload.body) == 314159
    plain = large_request(expect_compressed=messages_pb2.BoolValue(value=False))
    assert len(stub.UnaryCall(plain).payload.body) == 314159


def server_compressed_unary(stub):
    for value in (True, False):
        request = large_request(response_compressed=messages_pb2.BoolValue(value=value))
        assert len(stub.UnaryCall(request).payload.body) == 314159


CASES = [
    empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, cancel_after_begin,
    cancel_after_first_response, timeout_on_sleeping_server, status_code_and_message, special_status_message,
    custom_metadata, unimplemented_method, unimplemented_service, client_compressed_unary, server_compressed_unary,
]

failed = 0
with grpc.insecure_channel(target) as channel:
    for case in CASES:
        try:
            case(test_pb2_grpc.TestServiceStub(channel))
            print(f"ok {case.__name__}")
        except Exception as error:  # the report names each case that fails, not only the first
            failed += 1
            print(f"FAILED {case.__name__}: {error!r}")
sys.exit(1 if failed else 0)
