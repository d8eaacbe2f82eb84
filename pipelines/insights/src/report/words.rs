//! The words of a report: what metrics are called, and what its numbers are.

/// What a metric is called.
pub fn name(metric: &str) -> &str {
    match metric {
        "views" => "Views",
        "watch_seconds" => "Watch time, seconds",
        "average_watch_seconds" => "Average watch, seconds",
        "completions" => "Completions",
        "completion_rate" => "Completion rate",
        "likes" => "Likes",
        "comments" => "Comments",
        "shares" => "Shares",
        "follows" => "Follows",
        "unique_viewers" => "Viewers",
        "returning_viewers" => "Returning viewers",
        "viewers" => "Viewers",
        "tippers" => "Tippers",
        "region" => "region",
        "device_class" => "device",
        "language" => "language",
        "referrer" => "where they came from",
        "hour" => "hour of the day, UTC",
        "tips" => "Tips",
        "subscriptions" => "Subscriptions",
        "platform_fee" => "Platform fee",
        "processing_fee" => "Processing fee",
        "other_fees" => "Other fees",
        "net" => "Net",
        "payments" => "Payments",
        other => other,
    }
}

/// What the numbers are, for the report's end.
pub const DEFINITIONS: [&str; 8] = [
    "A day is a UTC day: what landed on it, and what came late for days before. Weeks begin on Monday. Weeks and months \
     are computed from the released days alone.",
    "Numbers of viewers and of what they did carry noise, drawn once for each day, so that nobody can be found in them. \
     The range behind a number holds the count without noise in 95 of 100 cases; small numbers are mostly noise.",
    "Before counting, what one viewer adds to a creator's day is bounded (views, watch time, interactions, videos), and a \
     viewer of very many creators counts for less: these are counts of bounded contributions.",
    "Days add up; their noise adds up as the root of the sum of its squares. No day is released below zero, so sums of many \
     days with few viewers lean upwards.",
    "Viewers of several days do not add up: who comes on two days counts on both. The sum is therefore one of days, and how \
     many different people there were is bounded, not known: no fewer than on the fullest day, no more than the sum.",
    "Average watch and completion rate are divided anew from the sums of the timeframe; where there are too few views for \
     that they are left out.",
    "Money is exact, from reconciled payments alone: what settled, less what was reversed, by the day on which it was \
     reconciled. What is not settled yet is in no sum and stands apart with its reason.",
    "A payer who tips anonymously is named to nobody, and no message of a payer is in any report.",
];
