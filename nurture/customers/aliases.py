"""The names that other systems give to our columns, in English, Japanese and Chinese.

Taken from what business-card services (Sansan, Eight), CRM and mail systems call them in their exports.
Keys are compared as `columns.key` writes them: one width, lower case, letters and digits only. Where
several columns of a file mean the same, the name that stands first here is taken.
"""

from __future__ import annotations

import unicodedata

_NAMES: dict[str, tuple[str, ...]] = {
    "email": (
        *("email", "mail", "email address", "mail address", "e-mail 1", "primary email", "work email"),
        *("メール", "メールアドレス", "Eメール", "電子メール", "メールアドレス1", "会社メールアドレス"),
        *("邮箱", "电子邮箱", "电子邮件", "邮件地址", "邮箱地址", "電子郵件", "電郵"),
    ),
    "family_name": ("family_name", "last_name", "surname", "姓", "氏名[姓]", "苗字", "名字", "氏", "姓氏"),
    "given_name": ("given_name", "first_name", "forename", "名", "氏名[名]", "名前[名]"),
    "full_name": (
        *("full_name", "name", "contact name", "display name", "氏名", "名前", "お名前", "ご氏名"),
        *("ご担当者名", "漢字氏名", "姓名", "联系人", "聯絡人", "联系人姓名"),
    ),
    "family_kana": ("family_kana", "姓カナ", "セイ", "氏名カナ[姓]", "姓(カナ)", "姓フリガナ", "せい"),
    "given_kana": ("given_kana", "名カナ", "メイ", "氏名カナ[名]", "名(カナ)", "名フリガナ", "めい"),
    "full_kana": (
        "full_kana",
        "kana",
        "フリガナ",
        "ふりがな",
        "氏名カナ",
        "氏名(カナ)",
        "カナ氏名",
        "ヨミガナ",
    ),
    "honorific": ("honorific", "敬称", "称呼"),
    "title": ("title", "job title", "position", "役職", "役職名", "肩書", "肩書き", "职位", "职务", "職稱"),
    "department": ("department", "division", "部署", "部署名", "所属", "所属部署", "部门", "部門"),
    "phone": (
        *("phone", "telephone", "tel", "phone number", "business phone", "work phone", "電話", "電話番号"),
        *(
            "TEL会社",
            "TEL直通",
            "直通電話",
            "TEL部門",
            "会社電話番号",
            "代表電話",
            "电话",
            "联系电话",
            "電話號碼",
        ),
    ),
    "locale": ("locale", "language", "preferred language", "言語", "使用言語", "语言", "語言"),
    "time_zone": ("time_zone", "timezone", "タイムゾーン", "时区"),
    "owner": (
        *("owner", "sales rep", "account owner", "contact owner", "lead owner", "assigned to"),
        *(
            "担当",
            "担当者",
            "営業担当",
            "担当営業",
            "営業担当者",
            "自社担当者",
            "当社担当",
            "名刺所有者",
            "所有者",
        ),
        *("负责人", "销售", "业务员", "銷售負責人"),
    ),
    "birthday": (
        *("birthday", "birthdays", "birth date", "birthdate", "date of birth", "dob"),
        *("誕生日", "生年月日", "お誕生日", "生日", "出生日期"),
    ),
    "company": (
        *("company", "company name", "account name", "organization", "organisation", "organization name"),
        *(
            "会社",
            "会社名",
            "企業名",
            "法人名",
            "貴社名",
            "御社名",
            "勤務先",
            "公司",
            "公司名称",
            "单位",
            "企业名称",
        ),
    ),
    "company_display_name": ("company_display_name", "会社表示名"),
    "industry": ("industry", "industry type", "業種", "業界", "業種名", "行业", "產業"),
    "company_founded_on": (
        "company_founded_on",
        "founded on",
        "設立日",
        "創立記念日",
        "設立年月日",
        "成立日期",
    ),
    "company_country": ("company_country", "country", "国", "国名", "国家"),
    "company_stage": ("company_stage", "lifecycle stage", "取引ステージ", "顧客ステージ", "客户阶段"),
    "company_owner": ("company_owner", "会社担当者"),
    "consent_basis": ("consent_basis", "同意区分", "同意の根拠", "同意类型"),
    "consent_date": ("consent_date", "同意日", "同意日時", "オプトイン日", "オプトイン日時", "同意日期"),
    "consent_evidence": ("consent_evidence", "同意の証跡", "同意経路", "同意来源"),
    "consent_recorded_by": ("consent_recorded_by",),
    "consent_expires_on": ("consent_expires_on", "同意期限"),
    "card_exchanged_on": (
        *("card_exchanged_on", "名刺交換日", "名刺取得日", "名刺登録日", "exchanged date", "交换名片日期"),
    ),
    "opted_out": (
        *(
            "opted_out",
            "opt out",
            "email opt out",
            "unsubscribed",
            "unsubscribed from all email",
            "do not email",
        ),
        *("has opted out of email", "配信停止", "メール配信停止", "オプトアウト", "配信拒否", "メール不要"),
        *("退订", "是否退订", "拒收邮件"),
    ),
    "may_mail": (
        *("may_mail", "email opt in", "opt in", "newsletter", "subscribed", "メール配信", "メルマガ配信"),
        *("メール配信可否", "配信可否", "配信希望", "メルマガ", "オプトイン", "接收邮件"),
    ),
    "special_days": ("special_days", "special day", "holidays", "記念日", "纪念日"),
    "product": (
        "product",
        "product name",
        "item",
        "商品",
        "商品名",
        "製品",
        "製品名",
        "品名",
        "产品",
        "产品名称",
    ),
    "amount": ("amount", "price", "total", "金額", "売上金額", "購入金額", "受注金額", "金额", "總額"),
    "currency": ("currency", "currency code", "通貨", "币种", "货币"),
    "purchased_on": (
        *(
            "purchased_on",
            "purchase date",
            "order date",
            "close date",
            "購入日",
            "注文日",
            "受注日",
            "売上日",
        ),
        *("购买日期", "订单日期", "訂購日期"),
    ),
    "external_id": ("external_id", "明細番号", "取引ID", "明细编号"),
    "activity": ("activity", "activity type", "event", "活動", "活動種別", "行動", "アクティビティ", "活动"),
    "happened_at": ("happened_at", "activity date", "timestamp", "日時", "活動日", "活動日時", "发生时间"),
    "detail": ("detail", "details", "内容", "詳細", "活動内容", "详情"),
    "value": ("value", "score", "点数", "値", "数值"),
    # No columns of ours, but every export has them under another name.
    "attributes.mobile": ("mobile", "mobile phone", "携帯電話", "携帯", "携帯番号", "手机", "手机号码"),
    "attributes.fax": ("fax", "fax number", "FAX番号", "传真"),
    "attributes.postal_code": ("postal code", "zip", "zip code", "mailing zip", "郵便番号", "邮编"),
    "attributes.address": ("address", "street", "mailing street", "住所", "会社住所", "地址"),
    "attributes.website": ("website", "url", "web", "ホームページ", "会社URL", "网站"),
    "attributes.notes": ("notes", "note", "memo", "remarks", "備考", "メモ", "备注"),
}


def _keyed() -> dict[str, tuple[str, int]]:
    """Every alias by its key, with its rank; a name claimed twice is a mistake of ours."""
    found: dict[str, tuple[str, int]] = {}
    for field, names in _NAMES.items():
        for rank, name in enumerate(names):
            text = unicodedata.normalize("NFKC", name).casefold()
            key = "".join(char for char in text if char.isalnum())
            if not key:
                raise AssertionError(f"{name} has neither letters nor digits")
            if found.setdefault(key, (field, rank))[0] != field:
                raise AssertionError(f"{name} is claimed by {found[key][0]} and by {field}")
    return found


# Key of a name -> the field, and how well the name fits it (0 is best).
ALIASES = _keyed()
