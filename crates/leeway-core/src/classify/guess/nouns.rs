//! What the things in tool names are to a business. Words are singular, separated by white space;
//! things of two words are joined with `-`.

use super::words::among;

/// What a thing is, for what making or changing it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Noun {
    /// A tag: adding one overwrites nothing.
    Label,
    /// What somebody says under a record.
    Comment,
    /// An internal note.
    Note,
    /// An unsent draft.
    Draft,
    /// An internal record that no customer sees and no money hangs on.
    Internal,
    /// A part of a record: putting it in changes the record.
    Content,
    /// A thing whose kind the name leaves open.
    Open,
    /// A calendar entry, which may have guests.
    Event,
    /// Something people outside read.
    Message,
    /// A review or an answer that its subject is told of.
    Review,
    /// Something that can be published.
    Publication,
    /// Something customers see, or something strategic.
    Facing,
    /// A financial, legal or contractual record.
    Financial,
    /// Money, its promise, or a price.
    Money,
    /// Who may do what, and how things are set up.
    Setting,
    /// Code, SQL, a program.
    Code,
    /// Access for others.
    Access,
}

/// Nouns, the more particular first: a thing in two rows is what the first says.
const NOUNS: [(Noun, &str); 17] = [
    (
        Noun::Access,
        "shareable-link sharing-link share-link shared-link shared-link-access invite-link invitation-link \
         public-link sharing-permission collaborator-invite guest-access public-url shareable-url",
    ),
    (
        Noun::Money,
        "money cash payment-link payment-intent payment-method payment-request payment-order billing-plan \
         subscription-plan pricing-plan gift-card promo-code promotion-code discount-code \
         price-rule promo-rule promotion-rule discount-rule cart-rule pricing-rule voucher \
         recurring-invoice recurring-payment recurring-bill standing-order campaign-budget ad-budget daily-budget price-list price-book subscription-item subscription-schedule budget-schedule settlement price coupon fee \
         discount promotion promo refund charge payment payout transfer subscription checkout \
         donation withdrawal wire remittance disbursement payroll reimbursement invoice-payment \
         bill-payment checkout-session markdown-price rebate cashback loan wallet \
         escrow trade bid virtual-card card-payment",
    ),
    (
        Noun::Setting,
        "data-source data-base access-token api-key access-key api-token service-account user \
         agent group team role permission webhook hook field property schema table database filter \
         rule automation workflow token key policy setting config configuration preference \
         integration account-connection workspace organization organisation org member membership \
         admin administrator domain secret credential password environment-variable variable env \
         environment connection connector plugin app application sla queue business-hour \
         canned-rule macro-rule trigger collection index bucket column-definition custom-field \
         issue-type link-type record-type contact-type screen scheme status-definition space channel forwarding-address \
         forwarding delegate alias vacation-responder signature auto-reply autoresponder view-rule \
         branch-protection protection ruleset runner dns dns-record certificate firewall namespace \
         tenant feature-flag feature-toggle flag-definition cron job-schedule schedule routine \
         assignment-rule territory-rule license seat session device account-user migration function \
         trigger-definition procedure policy-rule sharing-rule enum type-definition relationship-type \
         association-label pipeline-stage release-stage release-pipeline pipeline stage-definition object-type custom-object \
         metaobject-definition metafield-definition location-setting mailbox inbox phone-number \
         sender-identity sender subaccount project-key server cluster instance volume subdomain \
         site-setting theme script-tag extension access-list allow-list block-list deny-list ip-list validation \
         hook-subscription event-subscription notification-subscription webhook-subscription \
         push-subscription notification-rule \
         list-column sharepoint-list column alert-rule monitor-rule alert-policy escalation-policy on-call on-call-schedule",
    ),
    (Noun::Draft, "draft draft-order draft-invoice draft-email"),
    (
        Noun::Publication,
        "incident-update status-page-update article blog blog-post post story-post solution-article knowledge-article help-article \
         release newsletter press-release video reel short tweet-thread podcast episode landing-page \
         website site gist announcement pin-post product-listing listing ad ads advertisement",
    ),
    (
        Noun::Message,
        "friend friend-request connection-request message reply poll sms whatsapp mms fax voicemail email mail tweet dm broadcast notification invitation \
         invite text-message chat-message direct-message thread voice-call phone-call call \
         email-campaign-send verification verification-code otp reminder-email push-notification \
         conversation announcement-message survey-invitation template-message",
    ),
    (
        Noun::Review,
        "feedback complaint review pull-request-review review-comment review-reply review-response rsvp answer",
    ),
    (
        Noun::Event,
        "calendar-event event meeting appointment booking calendar-entry webinar interview \
         scheduled-event event-invitee conference reservation time-slot slot consultation",
    ),
    (
        Noun::Financial,
        "invoice-item line-item order-line credit-note credit-memo journal-entry journal bill expense \
         receipt sales-receipt deposit vendor-credit invoice quote estimate quotation order \
         purchase-order sales-order contract agreement proposal envelope transaction bank-transaction \
         tax tax-rate tax-code ledger account chart-of-account budget fund payable receivable \
         shipment shipping-rate shipping fulfillment fulfilment return exchange inventory \
         inventory-item stock stock-level cart plan-price statement time-bill vendor supplier \
         employee bank-account mandate cost dispute claim purchase opening-balance balance-adjustment \
         balance adjustment amount allocation overpayment prepayment credit debit timesheet payslip salary \
         tracking-category nda policy-document legal-document term signature-request budget-line \
         price-quote insurance bank-detail iban accounting-period penalty bonus commission royalty dividend premium",
    ),
    (
        Noun::Facing,
        "canned-response canned-reply reply-template email-template message-template \
         sms-template template macro solution-category category-folder help-center \
         knowledge-base section-portal product variant product-variant sku catalog catalogue \
         menu service-offering offer campaign audience email-list mailing-list segment journey \
         sequence flow-message popup form-submission support-ticket ticket case support-case request \
         incident status-page deal opportunity pull-request merge-request repository repo \
         advisory discussion shop storefront store collection-page banner ad-set ad-group ad-account \
         ad-campaign keyword survey live-event question-post event-type scheduling-link \
         room-booking submission lead-form lifecycle pipeline-deal customer-portal portal feature \
         course lesson objective-goal strategy",
    ),
    (
        Noun::Comment,
        "issue-comment ticket-comment comment note-comment discussion-comment annotation task-story \
         update status-update",
    ),
    (
        Noun::Note,
        "internal-note private-note ticket-note note remark",
    ),
    (Noun::Label, "label tag tag-name star emoji-label hashtag"),
    (
        Noun::Code,
        "sql sql-transaction query-statement raw-query code script command shell javascript python cell-code bash \
         query statement notebook-code program expression",
    ),
    (
        Noun::Content,
        "text paragraph table-cell cell image picture line page-break break heading question block \
         content body markdown format formatting style range bullet shape element node-content \
         block-child child-block section-content chart footer header table-row-content",
    ),
    (
        Noun::Internal,
        "education employment experience skill resume cv certification project-update initiative-update task subtask todo to-do reminder checklist checklist-item item-checklist folder directory \
         contact customer company lead candidate applicant profile visitor person people client prospect page wiki-page document doc \
         spreadsheet sheet worksheet tab workbook form presentation slide deck slideshow branch \
         copy commit entity relation observation association link issue-link remote-link reaction \
         emoji worklog work-log watcher vote attachment file photo asset bookmark favorite \
         epic story sprint milestone cycle release-note card list board project section issue \
         row record-row insight memory memo time-entry time-log timer note-folder notebook playlist \
         dashboard saved-view view report saved-search goal objective key-result okr idea activity \
         call-log call-record engagement interaction log log-entry entry-log comment-draft \
         subfolder work-item workitem bug test-case test-run label-group diagram whiteboard canvas \
         node edge design artboard mockup relationship fact episode-memory thought plan step habit shopping-list \
         grocery-item pet place location-note snippet row-data document-copy new-file child-page \
         notation stack worktree stash annotation-queue recipe workout meal entity-note board-item collection-item \
         column-view group-item component version widget",
    ),
    (
        Noun::Open,
        "object record entry item resource thing data value model instance-record node-record \
         metaobject metafield sobject row-object element-record",
    ),
];

/// What a thing of these words is, the last word being its head: the longest known ending counts,
/// and a head that leaves the kind open (`invoice item`) is what the word before it is.
pub fn class(words: &[String]) -> Option<Noun> {
    let (head, before) = words.split_last()?;
    let pair = before.last().map(|first| format!("{first}-{head}"));
    let found = pair.as_deref().and_then(of_word).or_else(|| of_word(head));
    match found {
        None | Some(Noun::Open) => class(before).or(found),
        found => found,
    }
}

fn of_word(word: &str) -> Option<Noun> {
    NOUNS
        .iter()
        .find(|(_, words)| among(words, word))
        .map(|(noun, _)| *noun)
}

/// Words that put what follows them before customers: a folder of a help centre is seen by them.
pub const SHOWN_TO_CUSTOMERS: &str = "solution portal storefront knowledgebase helpcenter shop \
    landing website public blog catalog store";

/// Records of a help desk, where an answer goes to the person who wrote.
pub const HELP_DESK: &str = "ticket case conversation requester helpdesk support";

/// Records inside which comments stay among colleagues.
pub const WORKPLACE: &str = "task issue card page document doc block file sheet spreadsheet slide \
    presentation story epic bug item board project database design frame node workitem board deal \
    contact record note form goal todo subtask milestone initiative entry list space";

/// Marks of a code host, whose records outsiders may see.
pub const CODE_HOST: &str = "repository repo pull merge branch commit fork gist";

/// Words whose records are about owners of accounts.
pub const OWNERSHIP: &str = "owner assignee responder responsible manager agent territory";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::guess::words::bases;

    #[test]
    fn the_longest_known_ending_counts() {
        for (name, noun) in [
            ("payment link", Some(Noun::Money)),
            ("issue link", Some(Noun::Internal)),
            ("invoice item", Some(Noun::Financial)),
            ("calendar events", Some(Noun::Event)),
            ("contact field", Some(Noun::Setting)),
            ("canned response folder", Some(Noun::Internal)),
            ("records", Some(Noun::Open)),
            ("zorps", None),
        ] {
            assert_eq!(class(&bases(name)), noun, "{name}");
        }
    }
}
