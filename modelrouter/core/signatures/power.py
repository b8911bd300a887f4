"""Generic wordings of what others may do to us: export control, geofences, suspensions."""

from __future__ import annotations

from modelrouter.core.causes import Cause, Scope
from modelrouter.core.signatures.rule import Rule

EXPORT = (
    "export (law|laws|authorization|authorisation|permit|ban|prohibition)",
    "controlled (item|items|technology)",
    "commerce department",
    "export (control|controls|controlled|restriction|restrictions|regulation|regulations|administration|licence|license|compliance)",
    "deemed export",
    "export * (licence|license) (is |)required",
    "bureau of industry and security",
    "department of commerce",
    "is informed letter",
    "entity list",
    "foreign (person|persons|national|nationals)",
    "(eccn|ear99|4e091)",
    "15 cfr",
    "出口管制",
    "出口管控",
    "輸出管理",
    "輸出規制",
    "수출 통제",
    "수출통제",
    "(exportkontrolle|exportkontrollen|ausfuhrkontrolle|exportbeschränkung|exportbeschränkungen)",
    "(contrôle|contrôles) (des exportations|à l'exportation)",
    "control de (exportaciones|las exportaciones|exportación)",
    "(controllo|controlli) (delle esportazioni|sulle esportazioni|all'esportazione)",
    "controle de exportação",
    "экспортного контроля",
    "экспортный контроль",
)

ORDER = (
    "(government|regulatory|federal|commerce|executive|ministerial|court|legal|bis|national security) (directive|order|mandate|injunction)",
    (
        "(directive|order|instruction|request|ruling|injunction) (of|from|by|issued by) (the |a |us |u.s. |)(us |u.s. |federal |national |)"
        "(government|regulator|authority|authorities|court|commerce|ministry|garante)"
    ),
    "(required|compelled|ordered|obliged|directed|instructed|forced) by * (law|government|authorities|authority|regulator|regulators|court|commerce)",
    (
        "(required|compelled|ordered|obliged|directed) (by|to comply with) (law|a regulator|the regulator|regulators|the government|authorities"
        "|a government|us authorities|regulatory)"
    ),
    "national security (review|reasons|grounds|concerns|restriction|restrictions)",
    "(legal|regulatory|government|governmental) (requirement|requirements|obligation|obligations|action|demand|compliance|ban|prohibition|intervention)",
    "(pursuant to|in compliance with|to comply with|as required by|because of|due to) (a |an |the |)(us |u.s. |eu |federal |new |recent |)(law|laws|regulation|regulations|directive|order)",
    "(政府|监管|主管部门|司法|法院) * (指令|命令|要求|禁令)",
    "(政府|当局) * (命令|指示|要請)",
    "(정부|당국) * (명령|지시)",
    "(behördlich|behördliche|behördlicher) (anordnung|verfügung|angeordnet)",
    "(décision|injonction|ordre) (du gouvernement|des autorités|administrative|gouvernementale)",
    "(orden|directiva|decisión|resolución) (del gobierno|gubernamental|de las autoridades|judicial|administrativa)",
    "(ordem|decisão|determinação) (do governo|governamental|das autoridades|judicial|administrativa)",
    "(ordine|provvedimento|decisione) (del governo|del garante|dell'autorità|delle autorità|giudiziario|amministrativo)",
    "(auf anordnung|auf weisung|gerichtsbeschluss|gerichtlich angeordnet)",
    "(par décision|sur ordre|sur décision) * (justice|judiciaire|tribunal|gouvernement|autorités|administrative)",
    "(по требованию|по решению|по распоряжению|по указанию|по приказу|по предписанию) * (регулятора|правительства|властей|суда|роскомнадзора|министерства)",
    "(規制当局|行政機関|裁判所) * (命令|指示|要請)",
    "(규제 당국|법원) * (명령|지시|요청)",
)

PLACE = "(country|countries|region|regions|territory|territories|location|locations|jurisdiction|jurisdictions|geography|area)"

ELSEWHERE = (
    f"unsupported {PLACE}",
    f"(restricted|blocked|forbidden|sanctioned|embargoed|disallowed|ineligible|prohibited|banned) {PLACE}",
    f"{PLACE} * (is|are) (not|currently not|not currently|not yet) (supported|available|allowed|permitted|eligible)",
    f"{PLACE} (not|isn't|is unsupported|unsupported|restricted|is restricted|is blocked|blocked|not supported|not allowed)",
    f"(not|isn't|aren't|unavailable|unsupported|never) (currently |yet |)(available|supported|offered|allowed|permitted|accessible) * (your|this|the user's) {PLACE}",
    "(not|isn't|aren't) (currently |yet |)(available|supported|offered|allowed|permitted|accessible|served) (in|for|from|to) (your|this|the user's|certain|some) (current |)(country|countries|region|territory|location|jurisdiction|area)",
    "(only|not yet|not) (be |)(available|offered|supported|accessible) (in|to|for|from) (certain|select|selected|some|specific|supported|approved|eligible|a limited number of|a few|all) (regions|countries|territories|locations|jurisdictions|markets)",
    f"(unavailable|blocked|restricted|prohibited) (in|for|from) (your|this|the user's|certain) (current |){PLACE}",
    "(do|does|can|cannot|can't) not (currently |)(serve|support|offer|provide|operate) * (your|that|this) (country|region|location|territory)",
    "your (country|region|location|territory|area) (has|is|was) * (banned|blocked|restricted|excluded)",
    "country or region your ip address is in",
    "(geo|geographic|geographical|geographically|regional) (restriction|restrictions|restricted|blocked|block|blocking|fence|fenced|limitation)",
    "(geoblocked|georestricted|geofenced|geofence|geoblocking)",
    "unavailable for legal reasons",
    "(not|never|cannot|can't|don't|doesn't|isn't|aren't) * (where you are|where you live|your part of the world|where your address)",
    f"from your {PLACE} (cannot|can't|can not|are not|is not|may not|will not|aren't|isn't)",
    f"{PLACE} (that |which |)(we |it |)(do not|don't|cannot|can't|does not) (support|serve|cover|offer)",
    f"not (on|in|part of) (the|our) (list of |)(supported|allowed|eligible|permitted|available) {PLACE}",
    f"(not|isn't|aren't) (yet |currently |)(launched|released|sold|marketed|rolled out|live|licensed) in your (market|{PLACE[1:]}",
    "(未在|不在|未对|未對|未向|不向|不对|不對) * (地区|地區|国家|國家|区域|區域|市场|市場)",
    "(制裁|제재|санкции|санкций|санкциями|sanktionen|sanzioni|sanções)",
    "(sanciones|embargo) (internacionales|comercial|económicas)",
    "(ofac|sanctions|embargo|sanctioned)",
    "access from * (country|region|china|russia|iran|mainland|hong kong) * (not|blocked|prohibited|denied|restricted)",
    "location of (the |your |)(user|client|ip)",
    "(地区|地區|区域|區域|国家|國家|所在地|地域) * (不支持|不支援|不可用|受限|限制|禁止|未开放|暂未|无法)",
    "(不支持|不支援|暂不支持|未对|暂未|限制) * (地区|地區|区域|国家|國家|所在地)",
    "お住まいの地域",
    "(地域|国|地区)では * (ご利用|利用|サポート|提供)",
    "(지역|국가)에서 * (지원|사용|이용)",
    "지원되지 않는 (지역|국가)",
    "(ihrem|deinem|diesem) (land|standort|region|gebiet) * nicht (verfügbar|unterstützt)",
    "(votre|ce) (pays|région|territoire|localisation) * (pas|indisponible)",
    "(pas|indisponible) * (votre|ce) (pays|région|territoire)",
    "no (está|es|esta) (disponible|compatible|permitido) en (su|tu|este) (país|pais|región|region|ubicación)",
    "não está disponível (no seu|em seu|na sua|em sua) (país|região|localização)",
    "non (è|e') (disponibile|supportato) (nel tuo|in questo|nel suo) (paese|territorio)",
    "(недоступен|недоступна|недоступно|не поддерживается|не поддерживаются) * (стране|регионе|страна|регион)",
    "(вашей стране|вашем регионе|ваша страна|ваш регион)",
)

WHO = (
    "(account|accounts|organization|organisation|workspace|user|users|subscription|tenant|consumer|team|customer|membership|org"
    "|developer account|billing account|login)"
)

STRUCK = (
    "(suspended|disabled|deactivated|banned|terminated|blocked|locked|frozen|closed|revoked|restricted|blacklisted|suspension|deactivation|inactive"
    "|deleted|cancelled)"
)

SUSPENDED = (
    f"{WHO} * (been|is|was|are|were|now|currently|temporarily|permanently|status) {STRUCK}",
    f"{WHO} * (been|is|was) (temporarily|permanently|automatically|indefinitely) {STRUCK}",
    f"{WHO} {STRUCK}",
    f"{WHO} (is|are|was|has been|have been) (currently |)(placed |put |)(on hold|under restriction|under restrictions|under suspension)",
    f"{STRUCK} (account|organization|organisation|workspace|user|subscription|tenant|consumer|project|customer)",
    "(project|app|application|service account) * (has been|is|was) (suspended|banned|terminated|blocked|deactivated)",
    "(suspended|disabled|deactivated|banned|terminated|blocked|restricted|closed|frozen|locked) (all |any |)(access |api access |use |)(to |of |by |from |for |on |)(your|this|the) (entire |whole |)(account|organization|organisation|workspace|subscription|access)",
    "(violation|violations|breach|abuse) of (our |the |)(terms|tos|terms of service|terms of use|usage policy|usage policies|acceptable use|service agreement)",
    "(violated|violating|breached) (our |the |)(terms|tos|acceptable use)",
    "(account|organization|user) * not active",
    "you (have been|are|were) (banned|suspended|blocked|blacklisted)",
    "(suspicious|abusive|fraudulent|unusual) activity * (account|organization|access|suspended|disabled|blocked)",
    "access * (suspended|terminated|deactivated)",
    "(been|is|was) (temporarily |permanently |)(limited|restricted|revoked|paused|suspended) (for|due to|because of|following|after) * (suspicious|unusual|abusive|abuse|fraud|fraudulent|violation|violations|misuse)",
    "(appeal|contact support) * (suspension|deactivation|ban)",
    "(账号|账户|帐号|帐户|用户|賬號|帳號|帳戶|组织|企业) * (封禁|被封|停用|禁用|冻结|注销|锁定|违规|受限|被限制|停权|封停|凍結|停權|暂停)",
    "(封禁|冻结|停用) * (账号|账户|帐号|用户)",
    "アカウント * (停止|無効|凍結|禁止)",
    "계정 * (정지|비활성화|차단|중지)",
    "(konto|organisation|account|zugang|benutzerkonto) * (gesperrt|deaktiviert|suspendiert)",
    "accès * (suspendu|résilié)",
    "compte * (suspendu|désactivé|bloqué|résilié)",
    "(cuenta|acceso) * (suspendida|suspendido|desactivada|desactivado|bloqueada|deshabilitada|cancelada)",
    "(conta|acesso) * (suspensa|suspenso|desativada|desativado|bloqueada|encerrada)",
    "(account|accesso|utenza) * (sospeso|sospesa|disattivato|disattivata|bloccato|chiuso)",
    "доступ * (приостановлен|отозван)",
    "ご利用 * (停止され|停止し|停止いた)",
    "이용 * 정지되",
    "(аккаунт|учетная запись|учётная запись|организация) * (заблокирован|заблокирована|приостановлен|приостановлена|отключен|отключена)",
)

UNPAID = (
    "(in arrears|arrears|arrearage|overdue|past due|unpaid|delinquent|payment failed|failed payment|failure to pay)",
    "not in good standing",
    "account is in good standing",
    "(欠费|逾期|账单未支付)",
)

NOT_STRUCK = (
    # The wall of a content network, whoever comes.
    "sorry, you have been blocked",
    # What is struck is a request or a model, for the same reason or by the account's own owner.
    "(request|prompt|input|message|content|query|image|output|response) (is|was|has been|are|were) (prohibited|disallowed|rejected|refused|blocked|flagged|denied|filtered) * (violation|violate|violates|violating)",
    "(model|models|deployment|endpoint|feature|tool) * (blocked|disabled|restricted) (at|on) the (organization|organisation|project|team|workspace|account)",
    # A relay that is full may say so under a code of money or of accounts.
    "(负载|饱和|繁忙|过载|currently overloaded|at capacity)",
    # Money that ran out is no suspension, though the wall it meets be called a block.
    "(spending limit|spend limit|out of credits|run out of credit|add credits|insufficient credits|budget exceeded)",
    "(api key|access key|token) (with|which|that) * (has been|is|was) (disabled|revoked|deactivated|suspended)",
    "(api key|access key|token|credential|credentials) (has been|is|was|been) (disabled|revoked|deactivated|suspended)",
    "(model|models|deployment|endpoint|feature|tool) * (is|are|has been) (disabled|deactivated|restricted)",
    "not (been |)(enabled|suspended|disabled|banned)",
    "has not been used in project",
)

BY_ORDER = ("(directive of|federal order|federal directive|government order|government directive|court order)",)
"""A model that is gone by these was taken away."""

ORDERS = (
    Rule("export_controlled", Cause.EXPORT_CONTROLLED, Scope.MODEL, text=EXPORT),
    # An order that keeps us out because of where we are is a geofence; one that says who must go, a suspension.
    Rule(
        "ordered_off",
        Cause.EXPORT_CONTROLLED,
        Scope.MODEL,
        text=ORDER,
        unless=(
            f"(your|this|the user's|certain|some) (current |){PLACE}",
            "(所在|お住まい|地区|地域|국가에서|지역에서)",
            "your (account|organization|organisation|workspace|subscription)",
            "(terms of service|usage policy|usage policies|content|prompt)",
        ),
    ),
)
"""A text that names an order says more than any code around it: read before the vendor's own table."""

RULES = (
    Rule(
        "unsupported_place",
        Cause.GEOFENCED,
        Scope.JURISDICTION,
        codes=("unsupported_country_region_territory", "unsupported_country", "region_not_supported", "geo_restricted",
               "unsupported_region", "country_not_supported", "location_not_supported", "geo_blocked", "region_blocked"),
        text=ELSEWHERE,
    ),
    Rule(
        "account_struck",
        Cause.SUSPENDED,
        Scope.ACCOUNT,
        codes=("account_deactivated", "account_suspended", "user_suspended", "account_disabled", "organization_disabled",
               "consumer_suspended", "user_deactivated", "account_banned", "user_banned", "account_terminated", "account_blocked",
               "organization_suspended", "account_locked", "user_disabled", "billing_not_active", "deactivated_workspace"),
        text=SUSPENDED,
        unless=NOT_STRUCK,
    ),
    # The status says that a law keeps us out; words that say less go for nothing beside it.
    Rule("for_legal_reasons", Cause.GEOFENCED, Scope.JURISDICTION, status=(451,),
         text=("(forbidden|denied|unavailable|legal|law|laws|country|region|location|located|blocked|restricted|not)",)),
    # An unpaid bill does not mend with time, as a quota does: somebody has to act.
    Rule("unpaid", Cause.SUSPENDED, Scope.ACCOUNT,
         codes=("Arrearage", "AccountOverdueError", "AccountOverdue", "PrepaidBillOverdue", "PostpaidBillOverdue", "OperationDenied.ServiceOverdue"),
         text=UNPAID),
)  # fmt: skip
