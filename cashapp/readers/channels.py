"""How the money came, from the banks' own type codes.

BAI2 type codes: Cash Management Balance Reporting Specifications v2, appendix A. ISO 20022: external bank transaction codes
(domain / family / sub-family). SWIFT: MT940 field 61 sub-field 6. German banks: GVC (Geschäftsvorfallcode) of the DK.
"""

from .model import Channel

_BAI: dict[Channel, frozenset[int]] = {
    "lockbox": frozenset((110, 111, 112, 115, 116, 117, 118)),
    "ach": frozenset((140, 142, 143, 145, 155, 163, 164, 165, 166, 168, 169, 447, 450, 451, 452, 455, 462, 463, 464, 465, 466, 468, 469)),
    "wire": frozenset((190, 191, 195, 196, 198, 207, 208, 213, 214, 216, 218, 221, 223, 490, 491, 495, 496, 498, 507, 508, 513, 514, 518)),
    "cheque": frozenset((170, 171, 172, 173, 174, 175, 176, 178, 182, 301, 470, 471, 472, 474, 475, 477, 479, 481, 482)),
    "transfer": frozenset((200, 201, 202, 205, 206, 270, 271, 274, 275, 276, 277, 278, 279, 500, 501, 505, 506, 570, 575, 577, 578)),
    "return": frozenset((250, 251, 252, 254, 255, 256, 257, 258, 260, 261, 263, 264, 266, 268, 269))
    | frozenset((550, 551, 552, 554, 555, 556, 557, 558, 560, 561, 563, 564, 566, 567, 568)),
}
_BAI_CHANNEL: dict[int, Channel] = {code: channel for channel, codes in _BAI.items() for code in codes}

_ISO_FAMILY: dict[str, Channel] = {
    "RCDT": "transfer", "ICDT": "transfer", "RRCT": "transfer", "IRCT": "transfer",
    "RDDT": "ach", "IDDT": "ach", "RCHQ": "cheque", "ICHQ": "cheque", "CCRD": "card", "MCRD": "card", "LBOX": "lockbox",
}  # fmt: skip
_SWIFT: dict[str, Channel] = {
    "TRF": "transfer", "TFR": "transfer", "CLR": "transfer", "STO": "transfer", "BOE": "other", "CHK": "cheque",
    "DDT": "ach", "RTI": "return", "CMI": "transfer", "BEA": "card", "OVB": "transfer", "INC": "ach",
}  # fmt: skip
_GVC: dict[str, Channel] = {"108": "return", "109": "return", "159": "return", "181": "return", "184": "return", "059": "return"}


def of_bai(code: int) -> Channel:
    """Channel of a BAI2 detail type code: 115 is lockbox, 142 ACH, 195 wire, 555 a return."""
    return _BAI_CHANNEL.get(code, "other")


def of_iso(family: str, sub_family: str) -> Channel:
    """Channel of an ISO 20022 bank transaction code; cross-border transfers (XBCT) are wires."""
    if sub_family in ("XBCT", "SDVA", "SWFT"):
        return "wire"
    return _ISO_FAMILY.get(family, "other")


def of_swift(kind: str, gvc: str) -> Channel:
    """Channel of MT940's transaction type ("NTRF") and, where the bank is German, its GVC ("166")."""
    if gvc in _GVC:
        return _GVC[gvc]
    if gvc[:1] == "2":
        return "wire"
    return _SWIFT.get(kind[1:].upper(), "other")
