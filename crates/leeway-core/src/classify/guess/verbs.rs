//! What the verbs of tool names mean. Words are in their base form, separated by white space.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a verb does to its object; what that means for the business depends on the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Looks, searches, computes: changes nothing.
    Read,
    /// Makes a thing of its own.
    Create,
    /// Puts a thing into or onto another.
    Add,
    /// Makes a copy of a thing.
    Copy,
    /// Brings a file in.
    Upload,
    /// Works something out, or makes it: depends on the object.
    Generate,
    /// Opens: a look for most objects, a beginning for cases and accounts.
    Open,
    /// `POST` as a method, or posting to people.
    Post,
    /// Turns one thing into another.
    Convert,
    /// Prepares something a person sends.
    Draft,
    /// Changes a thing that is there.
    Update,
    /// Puts a mark on a thing.
    Mark,
    /// Adds the caller's own sign to a thing: a vote, a star.
    React,
    /// Joins records.
    Merge,
    /// Takes a thing away.
    Delete,
    /// Ends a running thing.
    Cancel,
    /// Makes final, agrees, submits.
    Approve,
    /// Hands in.
    Submit,
    /// Says something under something.
    Comment,
    /// Tells people.
    Send,
    /// Moves money.
    Pay,
    /// Moves money, unless the object is something else that can change hands.
    Transfer,
    /// Changes who may do what, or how things are set up.
    Admin,
    /// Runs what the caller hands over.
    Execute,
    /// Settles: a look-up for names and addresses, a change of status for cases.
    Resolve,
}

/// Verbs of names. A word stands in one row only.
const VERBS: [(Verb, &str); 24] = [
    (
        Verb::Read,
        "get list search read find fetch query describe show view lookup retrieve count download \
         export check summarize summarise browse inspect preview compare calculate compute analyze \
         analyse explain suggest autocomplete parse validate detect extract diff \
         poll wait sleep ping echo simulate scan peek explore discover \
         identify estimate measure rank score classify translate tokenize whoami tail head ls cat \
         grep glob select aggregate profile trace monitor visualize render screenshot \
         hget hgetall hmget mget hexist hlen llen lrange lindex smember sismember scard zrange \
         zscore zcard xrange xlen ttl strlen dbsize \
         ask audit investigate print enumerate filter hover diagnose troubleshoot recommend predict forecast \
         geocode locate lint introspect demonstrate \
         help crawl scrape observe sum average exist map \
         think is has can are what which who where how encode decode hash plot chart probe \
         sample tabulate tally",
    ),
    (
        Verb::Create,
        "create new make begin \
         establish craft define instantiate log record track bookmark save store remember persist \
         initialize init plan quick \
         ingest memorize raise seed scaffold",
    ),
    (
        Verb::Add,
        "add append insert attach prepend associate link relate include enroll enter",
    ),
    (Verb::Copy, "copy duplicate clone fork replicate"),
    (Verb::Upload, "upload"),
    (Verb::Generate, "generate produce"),
    (Verb::Open, "open"),
    (Verb::Post, "post"),
    (Verb::Convert, "convert"),
    (Verb::Draft, "draft compose prepare propose"),
    (
        Verb::Update,
        "update edit revise set modify patch put move rename assign reassign change write replace \
         transition upsert adjust correct fix format apply rewrite overwrite reorder reset \
         restore undelete unarchive undo redo revert rollback reopen close complete finish \
         unassign unlink detach relocate shift escalate snooze pin \
         unpin lock unlock resize crop bump increment decrement \
         switch toggle sync synchronize import migrate push pull rebase cherry amend stage unstage \
         handle manage process triage route reschedule postpone flag unflag unmark \
         unstar unlike unvote unfollow hide unhide fill clean normalize tidy organize categorize \
         override moderate leave join quit scale rate fulfill ship receive return pickup \
         customize tweak \
         acknowledge ack extend shorten reconcile allocate deallocate dismiss split swap trim tune \
         upgrade downgrade claim unclaim expire grade hold park prioritize qualify disqualify \
         reclassify redact redirect reindex remap reload renew replenish reparent retag skip touch \
         transform uncheck unset unhold release renumber recategorize advance backfill enrich sort highlight load",
    ),
    (Verb::Mark, "mark label tag star"),
    (
        Verb::React,
        "react like vote upvote watch follow favorite favourite thumb commit",
    ),
    (
        Verb::Merge,
        "merge dedupe deduplicate combine consolidate squash",
    ),
    (
        Verb::Delete,
        "delete remove trash archive void destroy purge drop clear erase wipe discard empty \
         truncate expunge unwatch kill terminate prune untag unlabel unsubscribe \
         deregister del rm uninvite \
         forget flush invalidate unregister evict retire decommission dispose scrub shred strip",
    ),
    (Verb::Cancel, "cancel abort stop unschedule decline reject"),
    (
        Verb::Approve,
        "approve finalize finalise accept sign authorise confirm issue settle \
         countersign ratify award",
    ),
    (Verb::Submit, "submit lodge request book reserve place"),
    (Verb::Comment, "comment annotate"),
    (
        Verb::Send,
        "send reply publish share notify invite email mail message tweet retweet broadcast forward \
         dm sms whatsapp announce respond rsvp call dial text fax blast unpublish schedule answer \
         say speak chat contact nudge remind alert resend deliver dispatch crosspost \
         unsend syndicate relist repost republish \
         inform tell transmit distribute circulate advertise introduce greet",
    ),
    (
        Verb::Pay,
        "pay refund charge payout withdraw checkout purchase buy sell invoice \
         capture disburse reimburse remit wire donate tip bid trade order redeem discount topup \
         recharge bill credit debit \
         waive fund sponsor boost prepay repay lend borrow stake mint compensate invest liquidate \
         reprice",
    ),
    (Verb::Transfer, "transfer"),
    (
        Verb::Admin,
        "grant revoke authorize authenticate login logout connect disconnect install uninstall \
         enable disable configure register provision deprovision rotate activate deactivate suspend \
         unsuspend ban unban kick mute unmute promote demote block unblock subscribe setup \
         impersonate elevate allow deny permit protect unprotect expose host \
         assume trust untrust whitelist allowlist blacklist denylist quarantine mount unmount bind \
         unbind pair unpair onboard offboard delegate restrict enforce reauthorize",
    ),
    (
        Verb::Execute,
        "execute run eval exec evaluate invoke script shell sql trigger deploy launch start \
         restart resume pause click type press drag navigate \
         goto curl compile spawn \
         initiate retry rerun replay force reboot shutdown boot test enqueue build",
    ),
];

static BY_WORD: LazyLock<HashMap<&'static str, Verb>> = LazyLock::new(|| {
    let mut verbs: HashMap<_, _> = VERBS
        .iter()
        .flat_map(|(verb, words)| words.split_whitespace().map(move |word| (word, *verb)))
        .collect();
    verbs.insert("resolve", Verb::Resolve);
    verbs.insert("verify", Verb::Resolve);
    verbs
});

/// Words that are verbs only where a verb stands, at the start: elsewhere they are nouns.
const MOSTLY_NOUNS: &str = "list log record store plan post draft label tag star link comment \
    message email mail text call sms contact invoice bill order credit debit discount tip trade \
    bid wire charge transfer request issue sign sum average count help filter sort query search \
    view profile trace review share script shell sql type start head tail cat print score rank \
    like vote watch follow new quick process route return host alert chat answer format push pull \
    stage toggle export import match checkout commit preview snapshot screenshot estimate forecast \
    schedule file block fork branch head monitor switch lock flag pin contact change release \
    drop tweet moderate hold claim grade fund stake mint test sample chart plot hash park swap split seed boost pair touch skip is how renew \
    force boot build load leave";

/// Things whose names begin with a verb.
pub const COMPOUNDS: &str = "merge-request purchase-order purchase-invoice purchase-document purchase-history \
    purchase-receipt merge-field merge-conflict merge-commit merge-tag \
    pull-request leave-type leave-balance leave-request leave-period leave-record send-count \
    approve-list close-reason close-code close-date reject-reason cancel-reason decline-reason hold-reason build-log test-case test-run test-plan";

/// What a verb means; `None` for a word that is no known verb.
pub fn verb(word: &str) -> Option<Verb> {
    BY_WORD.get(word).copied()
}

/// True when the word is a verb wherever it stands in a name.
pub fn is_always_verb(word: &str) -> bool {
    BY_WORD.contains_key(word) && !super::words::among(MOSTLY_NOUNS, word)
}

/// Last words of names without a verb that say the tool shows something: `directory_tree`.
pub const SHOWN_THINGS: &str = "status summary tree log diff history info information list report \
    detail metadata stat statistics overview schema count balance timeline index lookup search \
    version preview insight metric help usage snapshot screenshot health \
    forecast result output profile catalog documentation doc state aging breakdown analytics pdf csv size guide guideline tutorial instruction reader viewer finder";

/// Things that are shown in several kinds, which names without a verb begin with: `reports_sales`.
pub const SHOWN_KINDS: &str = "report statistic stat metric insight";

/// Words before the verb that say nothing about what is done.
pub const FILLERS: &str = "batch bulk multi multiple mass quick api mcp tool a an the my all v1 v2 \
    v3 rest do please async safe simple advanced smart";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_in_one_row() {
        let mut seen = std::collections::HashSet::new();
        for word in VERBS.iter().flat_map(|(_, words)| words.split_whitespace()) {
            assert!(seen.insert(word), "`{word}` stands twice");
            assert_eq!(
                super::super::words::bases(word),
                [word],
                "`{word}` is not as names have it"
            );
        }
    }
}
