from twisted.internet.endpoints import HostnameEndpoint, TCP4ClientEndpoint
from twisted.internet.testing import MemoryReactorClock
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.cli import addresses as module
from twisted_auction.cli.addresses import endpoint_of
from twisted_auction.cli.join import Join


class EndpointTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def test_host_and_port(self) -> None:
        from twisted.internet import reactor  # one in memory resolves no names, says Twisted 24.11

        for host, shown in [
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("localhost", "localhost"),
        ]:
            endpoint = endpoint_of(reactor, host, "4000")
            self.assertIsInstance(endpoint, HostnameEndpoint)
            self.assertEqual(repr(endpoint), f"<HostnameEndpoint {shown}:4000>")

    def test_endpoint_string(self) -> None:
        endpoint = endpoint_of(self.reactor, "tcp:127.0.0.1:4000")
        self.assertIsInstance(endpoint, TCP4ClientEndpoint)

    def test_wrong(self) -> None:
        for where, complaint in [
            (("h", "0"), "a port is a number from 1 to 65535, not '0'"),
            (("h", "65536"), "a port is a number from 1 to 65535, not '65536'"),
            (("h", "x"), "a port is a number from 1 to 65535, not 'x'"),
            (("h", "²"), "a port is a number from 1 to 65535, not '²'"),
            *[
                (
                    (where,),
                    f"cannot connect to {where!r}: give a host and a port, or an endpoint string "
                    "such as tcp:127.0.0.1:12345",
                )
                for where in ["nowhere", "127.0.0.1", "tcp:localhost", "tcp:localhost:x"]
            ],
        ]:
            with self.assertRaises(usage.UsageError) as caught:
                endpoint_of(self.reactor, *where)
            self.assertEqual(str(caught.exception), complaint)

    def test_tls_is_not_installed(self) -> None:
        def fail(reactor: object, description: str) -> None:
            raise NameError("name 'optionsForClientTLS' is not defined")

        self.patch(module, "clientFromString", fail)
        with self.assertRaises(usage.UsageError) as caught:
            endpoint_of(self.reactor, "tls:example.org:4000")
        self.assertEqual(
            str(caught.exception),
            "cannot connect to 'tls:example.org:4000': "
            "TLS needs: pip install 'twisted-auction[tls]'",
        )

    def test_troubles_of_an_endpoint(self) -> None:
        for trouble, text in [
            (FileNotFoundError(2, "No such file", "roots"), "[Errno 2] No such file: 'roots'"),
            (FileNotFoundError(), "FileNotFoundError"),
        ]:

            def fail(reactor: object, where: str, trouble: Exception = trouble) -> None:
                raise trouble

            self.patch(module, "clientFromString", fail)
            with self.assertRaises(usage.UsageError) as caught:
                endpoint_of(self.reactor, "tls:a:1:trustRoots=roots")
            self.assertEqual(
                str(caught.exception), f"cannot connect to 'tls:a:1:trustRoots=roots': {text}"
            )

    def test_arguments(self) -> None:
        for argv in [["a", "4000"], ["tcp:a:4000"]]:
            options = Join()
            options.parseOptions(argv)
            self.assertEqual(options["where"], tuple(argv))
        for argv in [[], ["a", "b", "c"]]:
            with self.assertRaises(usage.UsageError) as caught:
                Join().parseOptions(argv)
            self.assertEqual(
                str(caught.exception), "give a host and a port, or one endpoint string"
            )
