"""What people write about bills in English: an alternative a line."""

from collections_app.policy.mail.phrases.model import BANK, COPY, DISPUTE, PAID, PROMISE, STATEMENT, Phrase, say, wanting

NOT_YET = (
    r"\b(not|n.t|never|nor|cannot|will|shall|would|going to|to be|unpaid|until|unless|once|if|when|before|as soon as|"
    r"should have been|must|supposed to|ever)\b|n't\b|^(was|is|are|were|has|did|had) (this|the|that|it|our|inv)"
)  # fmt: skip
NOT_SO = (
    r"\b(not|never|cannot|can.t|won.t|unable|unless|until (you|we)|once|if|after (you|receipt|receiving)|as soon as|"
    r"would|before (we|you)|only when|you (will|.ll)|when (will|can|you)|let (us|me) know|then (we|i|you))\b|n't\b"
)  # fmt: skip
PROVIDED = (
    r"\b(once (we|you|the)|if (we|you|the)|as soon as|provided|until (we|you)|when (we|you) (have|get|receive|send)"
    r"|after (we|you|receipt))\b"
)
NOT_CONTESTED = r"\b(no longer|not disput\w*|n.t disput\w*|no dispute|no issue)\b"

PAYING: tuple[Phrase, ...] = (
    say(
        PAID, "en",
        r"\bwe( have|.ve)?( already| now| just)? paid\b",
        r"\b(has|have|had|was|were)( \w+){0,3} (paid|settled)\b",
        r"\balready (paid|settled)\b",
        r"^paid\b(?! (you|we) (will|shall))",
        r"\b(is|are) paid\b",
        r"\bpaid (on|by (ach|wire|check|cheque|card|transfer)|via|per|with|last|yesterday|today)\b",
        unless=NOT_YET,
    ),
    say(
        PAID, "en",
        (r"\b(payment|transfer|remittance|wire|funds|cheque|check)( \S+){0,4} (was|were|has been|have been|went|cleared|"
         r"left)( \w+)? ?(made|sent|released|issued|processed|executed|transferred|wired|initiated|mailed|posted|out|"
         r"our account|cashed)?\b"),
        unless=NOT_YET + r"|returned|reject|fail",
    ),
    say(
        PAID, "en",
        r"\b(have|has|was|were|we|already) (\w+ )?(wired|transferred|remitted|mailed (the|a|our) (check|cheque))\b",
        r"\b(sent|made|issued|released) (you )?(the|our|a|your|this|full) (payment|check|cheque|wire|transfer)\b",
        unless=NOT_YET,
    ),
    say(
        PROMISE, "en",
        (r"\b(will|shall|going to|plan to|planning to|intend to|expect to|we.ll|i.ll|can|scheduled? (to|for)|committed to|"
         r"promise to)\b.{0,70}?\b(pay|paid|settle[ds]?|wire[d]?|transfer(red)?|remit(ted)?|payment|release[d]?|"
         r"process(ed)?|go(es)? out|clear(ed)?)\b"),
        r"\bpayment\b.{0,40}\b(scheduled|planned|will|is set|is due to go out|goes out|expected)\b",
        r"\b(next|following) (payment|cheque|check) run\b",
        unless=NOT_SO, provided=PROVIDED,
    ),
    say(
        PAID, "en",
        r"\b(amount|money|payment|funds|transfer)\b.{0,20}\bleft our (bank )?account\b",
        r"\b(should|must) already have (our|the) (payment|transfer|wire|check|cheque)\b",
        r"\bincluded in our (payment|transfer|wire|check|cheque) (of|from|dated)\b",
        r"\bpayment (was )?made (on|last|yesterday|by)\b",
        r"\bcleared on our (side|end)\b",
        r"\bbank (has )?(executed|processed|released) (the|our|this) (transfer|payment|wire)\b",
        r"\bwe (have )?(already )?settled\b",
        unless=r"\b(not|never|will|once|if|when)\b|n't\b",
    ),
    say(
        PROMISE, "en",
        r"\byou(.ll| will| should| can expect to)? (have|receive|get|see) (the|our|your|full)? ?(money|payment|funds|wire|transfer)\b",
        r"\b(goes|going|is) (out|included) (with|in) .{0,20}\b(payment|cheque|check) run\b",
        r"\bpaid you will be\b",
        r"\bexpect (our|the|your) (wire|payment|transfer|check|cheque)\b",
        r"\bset up to be paid\b",
        unless=r"\b(already|not|never|once|if|when|unless|should already)\b|n't\b", provided=PROVIDED,
    ),
)  # fmt: skip

ASKING: tuple[Phrase, ...] = (
    say(
        COPY, "en",
        r"\b(cop(y|ies)|duplicates?|pdfs?)\b.{0,40}\b(invoices?|inv|bills?)\b",
        r"\binvoice (cop(y|ies)|pdfs?)\b",
        r"\b(re-?send|forward)\b.{0,40}\b(invoices?|inv|bills?)\b",
        (r"\b(never|not|n.t|yet to|have no)( \w+){0,3} (got|get|received?|have|had|find|seen|see|located?)\b.{0,40}"
         r"\b(invoices?|inv|bills?)\b"),
        (r"\b(invoices?|inv|bills?)\b.{0,60}\b(never|not|n.t) (been |yet |have |has )*(received?|got|get)\b(?!.{0,10}"
         r"\b(goods|material|shipment))"),
        (r"\b(please|could you|can you|kindly) (e-?mail|send|provide|share)\b.{0,30}\b(invoices?|inv|bills?)\b(?! (is|was|"
         r"will))"),
        r"\b(invoices?|inv|bills?)\b.{0,30}\b(is|are) missing\b",
        r"\b(can.?t|cannot|could not|couldn.t) (find|locate)\b.{0,30}\b(it|invoice)",
        unless=(
            r"attached (is|are|you|please)|(do|does|need) not (need|require)|is a duplicate|stop sending|w-? ?9|certificate"
            r"|\bcopy of the (payment|check|cheque|remittance|po|order)"
        ),
    ),
    say(
        STATEMENT, "en",
        r"\b(account|vendor|supplier|customer|current|updated?|monthly|latest|full|recent|new) statements?\b",
        r"\bstatements? of (our |the |your |my )?account\b",
        r"\b(send|need|provide|require|forward|request|have|get|email)\b.{0,40}\bstatements?\b",
        r"\b(list|overview) of (all |our |the )*(open|outstanding|unpaid|past due)\b",
        r"\bopen items? list\b",
        r"\b(ar |current )?aging (report|list)\b",
        unless=r"bank statements?|statement (attached|you sent|shows)|your statement|(attached|received) .{0,15}statement",
    ),
    say(
        COPY, "en",
        r"\b(invoices?|bills?)\b.{0,20}\b(did not|didn.t|never) (reach|arrive)",
        r"\bsending\b.{0,25}\b(invoices?|bills?)\b.{0,20}\b(again|once more|over)\b",
        r"\bno (record|trace) of (this|the|your|that|any) (invoice|bill)",
        unless=r"stop",
    ),
    say(
        STATEMENT, "en",
        r"\bwhat do we owe\b",
        r"\bconfirm (our|the) balance\b",
        r"\b(which|what) (invoices|items|bills)\b.{0,20}\b(open|outstanding|unpaid|due)\b",
    ),
)  # fmt: skip

DISPUTES: tuple[Phrase, ...] = (
    say(
        DISPUTE, "en",
        (r"\bprices?\b.{0,50}\b(wrong|incorrect|too high|differs?|different|discrepanc|does not match|doesn.t match|higher|"
         r"not (as )?agreed|increase)"),
        r"\b(wrong|incorrect|agreed|contract(ed)?|quoted) (unit )?(price|rate)\b",
        r"\bovercharged?\b",
        r"\bcharged (us )?(too much|more)\b",
        r"\bprice (difference|discrepancy|variance)\b",
        r"\b(amount|total|rate|price)\b.{0,30}\bhigher than\b",
        r"\bprices?\b.{0,20}\bdo(es)? not match\b",
        about="price", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "en",
        (r"\b(short[- ]?(shipped|delivered|shipment)|quantity|qty|hours)\b.{0,50}\b(wrong|incorrect|differs?|"
         r"does not match|doesn.t match|short|missing|less|only)\b"),
        r"\bshort[- ](shipped|shipment|delivery)\b",
        r"\bonly (received|got|delivered)\b",
        r"\bbilled (for )?\d+\b.{0,40}\b(received|delivered|got) (only )?\d+",
        r"\b(pieces|units|items|cartons|boxes) (are |were )?missing\b",
        about="quantity", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "en",
        (r"\b(never|not|n.t|yet to)( \w+){0,2} (received?|delivered|got|arrived?|performed|completed|done|"
         r"ordered?)\b(?!.{0,40}\b(invoice|bill|cop(y|ies)|statement|payment|reply|answer|response|email|e-mail)\b).{0,60}"
         r"\b(goods|order|shipment|delivery|material|items?|work|service|job|parts?)\b"),
        (r"\b(goods|shipment|material|delivery|items?|work|service) (\w+ ){0,3}(never|not) (\w+ )?(arrived|received|"
         r"delivered|done|completed|ordered)"),
        about="not_delivered", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "en",
        r"\b(damaged|defective|faulty|broken|poor quality|does not work|doesn.t work)\b",
        about="damaged", unless=NOT_CONTESTED + r"|not damaged",
    ),
    say(
        DISPUTE, "en",
        (r"\b(duplicate (invoice|billing|charge)|(billed|invoiced|charged)( us)? (twice|double)|already (billed|"
         r"invoiced))\b"),
        about="duplicate", unless=NOT_CONTESTED + r"|(send|need|want) .{0,20}duplicate",
    ),
    say(
        DISPUTE, "en",
        r"\b(po|purchase order)( number)?\b.{0,40}\b(missing|wrong|incorrect|not on|required|invalid|does not|doesn.t)\b",
        r"\b(missing|wrong|without|no|incorrect|invalid) (a |the |valid )?(po|purchase order)\b",
        about="po_missing", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "en",
        r"\b(sales )?tax\b.{0,40}\b(wrong|incorrect|exempt|should not|shouldn.t|charged)\b",
        r"\btax[- ]exempt\b",
        about="tax", unless=NOT_CONTESTED + r"|certificate",
    ),
    say(
        DISPUTE, "en",
        (r"\b(freight|shipping|delivery (fee|charge)|surcharge|late fees?|finance charges?)\b.{0,50}\b(wrong|incorrect|"
         r"not agreed|should not|shouldn.t|remove|waive|never agreed)\b"),
        about="freight", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "en",
        r"\b(we |i |hereby |formally )dispute\b",
        r"\bin dispute\b",
        r"\bdisputed?\b.{0,30}\b(invoice|charge|amount|item)",
        r"\bdisagree with\b",
        (r"\b(invoice|bill|amount|charge|total|balance)\b.{0,40}\b(is|are|was|looks|seems) (wrong|incorrect|not correct|"
         r"in error)\b"),
        (r"\b(reject(ed|ing)?|refuse|cannot accept|can.t accept|do not accept|won.t pay|will not pay|withhold\w*)\b.{0,40}"
         r"\b(invoice|charge|bill|payment|this|it|amount)"),
        r"\bcredit (note|memo) (is |was )?(due|missing|promised|expected|owed)",
        r"\b(waiting|wait) for (a|the|your) credit\b",
        about="other", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "en",
        r"\bnever ordered\b",
        r"\b(did not|didn.t) order\b",
        about="not_delivered", unless=NOT_CONTESTED,
    ),
    say(
        DISPUTE, "en",
        r"\b(disputing|contesting)\b",
        r"\b(do not|don.t) agree (with|to)\b",
        r"\bwe (have )?(returned|sent back) (these|the|those|this)\b",
        about="other", unless=NOT_CONTESTED,
    ),
)  # fmt: skip

WANTED = (
    r"(need|require|requires|required|send|provide|missing|request|waiting|without|until|once|before|please|cannot|can.t|"
    r"do not have|don.t have|update[d]?|expired|needs|fill in|return)"
)  # fmt: skip
DOCUMENTS: tuple[Phrase, ...] = wanting(
    "en", WANTED,
    {
        "w9": r"\bw-? ?9\b",
        "insurance": r"certificate of insurance|insurance certificate|\bcoi\b|proof of insurance",
        "lien_release": r"lien (waivers?|releases?)",
        "exemption": r"(tax )?exemption certificate|resale certificate",
        "vendor_form": r"(vendor|supplier) (form|set-?up|registration( form)?|packet|information form|onboarding)",
        "bank_details": r"bank(ing)? (details|letter|confirmation|information)|ach form|remittance address",
        "proof_of_delivery": r"proofs? of delivery|\bpods?\b|delivery (note|slip|receipt|ticket)s?|packing slips?|(signed )?time ?sheets?",
    },
)  # fmt: skip

CHANGING: tuple[Phrase, ...] = (
    say(
        BANK, "en",
        (r"\b(new|changed|different|updated) (bank(ing)?|account|iban|routing|remittance|ach|wire) ?"
         r"(account|details|information|numbers?|instructions)?\b(?! statement)"),
        (r"\b(bank(ing)?|account|remittance|wire|payment) (account )?(details|information|instructions|data)\b.{0,30}"
         r"\b(have |has |were |was )?(been )?(changed?|moved|updated)\b"),
        r"\bchanges? (of|to|in) (our|the) (bank|account|remittance)",
        r"\b(switched|changed|moved to another|new) banks?\b",
        r"\baccount (has been |was |is )?(moved to another bank|frozen|closed)\b",
        r"\bpayments?\b.{0,40}\b(to|into) (our|the|this) new account\b",
        unless=r"\b(vendor|supplier|customer) account",
    ),
)  # fmt: skip
