"""Which URLs and addresses may be called."""

from ipaddress import ip_network

import pytest

from campaign_operator.adapters.outbound.destinations import (
    DestinationRefusedError,
    checked_url,
    literal_address,
    why_refused,
)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b::168.63.129.16",
        "64:ff9b:1::1",
        "64:ff9b:1:ffff:ffff:ffff:8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2002:808:808::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "nonsense",
    ],
)
def test_an_address_that_is_not_on_the_public_internet_is_refused(address: str) -> None:
    assert why_refused(address, ()) is not None


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450::1",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
    ],
)
def test_a_public_address_may_be_called(address: str) -> None:
    assert why_refused(address, ()) is None


def test_a_refused_address_may_be_called_where_an_administrator_has_opened_its_network() -> None:
    allowed = (ip_network("10.20.0.0/16"), ip_network("fd00:1::/32"))
    assert why_refused("10.20.3.4", allowed) is None
    assert why_refused("fd00:1::5", allowed) is None
    assert why_refused("10.21.0.1", allowed) == "a private"
    assert why_refused("fd00:2::5", allowed) == "a private"


def test_an_opened_ipv4_network_is_open_in_its_mapped_and_translated_forms() -> None:
    allowed = (ip_network("127.0.0.0/8"),)
    assert why_refused("::ffff:127.0.0.1", allowed) is None
    assert why_refused("64:ff9b::127.0.0.1", allowed) is None
    assert why_refused("2002:7f00:1::", allowed) is not None


def test_a_zone_id_is_refused_whatever_is_opened() -> None:
    assert why_refused("fe80::1%eth0", (ip_network("fe80::/10"),)) is not None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.0.0.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
    ],
)
def test_every_spelling_of_an_address_is_recognised(host: str, address: str) -> None:
    assert str(literal_address(host)) == address


@pytest.mark.parametrize("host", ["example.com", "1and1.example", "fe80::1%eth0", ""])
def test_a_name_is_no_address(host: str) -> None:
    assert literal_address(host) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "example.com",
        "",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com\\@evil.example/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%\x80]/",
        "https://exa mple.com/",
        "https://example.com\n/",
        "https://1%2e2/",
        "https://.example.com/",
        "https://127.0.0.1./",
        "https://4294967297/",
        "https://1.2.3.4.5/",
        "https://example.0x7f/",
        "https://example.com:0/",
        "https://example.com:70000/",
        "https://example.com:port/",
        "https://[::1/",
        "https://example.com/" + "a" * 2048,
    ],
)
def test_a_url_that_is_not_plain_https_to_a_host_is_refused(url: str) -> None:
    with pytest.raises(DestinationRefusedError) as refused:
        checked_url(url)
    assert "word" not in str(refused.value).replace("password", "")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a?b=c",
        "https://[2606:4700::1]/",
        "https://ex_a.example/",
        "https://1and1.example/",
        "https://4.example./",
    ],
)
def test_a_plain_https_url_is_taken(url: str) -> None:
    assert checked_url(url).scheme == "https"
