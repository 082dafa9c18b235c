//! Conditions and values of a statement, over the texts of one row.

use sqlparser::ast::{BinaryOperator, Expr, InTarget, UnaryOperator, Value};

/// Why an expression has no value here: the text of the part that is not known.
pub(super) type Unknown = String;

/// Looks a name up: a column of the row, or a setting in front of which `@@` stands.
pub(super) type Names<'a> = dyn Fn(&str) -> Option<Option<String>> + 'a;

/// Returns the name of a column or a variable: the last part, without quotes.
pub(super) fn name(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Identifier(word) => Some(word.value.clone()),
        Expr::CompoundIdentifier(words) => {
            let last = words.last()?.value.clone();
            let scope = words.first()?.value.to_ascii_lowercase();
            let is_setting = matches!(scope.as_str(), "@@global" | "@@session" | "@@local");
            Some(if is_setting {
                format!("@@{last}")
            } else {
                last
            })
        }
        Expr::Nested(inner) => name(inner),
        _ => None,
    }
}

/// Returns the text of a literal.
pub(super) fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(text.clone()),
            Value::Number(number, _) => Some(number.clone()),
            Value::Boolean(flag) => Some(u8::from(*flag).to_string()),
            _ => None,
        },
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => literal(expr).map(|text| format!("-{text}")),
        Expr::Nested(inner) => literal(inner),
        _ => None,
    }
}

/// Returns the value of an expression, `None` for SQL's NULL.
pub(super) fn value(expression: &Expr, names: &Names<'_>) -> Result<Option<String>, Unknown> {
    if let Some(text) = literal(expression) {
        return Ok(Some(text));
    }
    if let Some(found) = name(expression).and_then(|name| names(&name)) {
        return Ok(found);
    }
    match expression {
        Expr::Nested(inner) => value(inner, names),
        Expr::BinaryOp {
            left,
            op: op @ (BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply),
            right,
        } => {
            let number = |side: &Expr| {
                Ok::<_, Unknown>(value(side, names)?.and_then(|text| text.parse::<i64>().ok()))
            };
            let (Some(left), Some(right)) = (number(left)?, number(right)?) else {
                return Err(expression.to_string());
            };
            let sum = match op {
                BinaryOperator::Plus => left.checked_add(right),
                BinaryOperator::Minus => left.checked_sub(right),
                _ => left.checked_mul(right),
            };
            sum.map(|sum| Some(sum.to_string()))
                .ok_or_else(|| expression.to_string())
        }
        Expr::BinaryOp { .. } | Expr::Like { .. } | Expr::In { .. } | Expr::UnaryOp { .. } => {
            holds(expression, names).map(|holds| Some(u8::from(holds).to_string()))
        }
        Expr::Function(function) => match function.name.to_string().to_ascii_lowercase().as_str() {
            "version" => Ok(names("@@version").flatten()),
            function => names(&format!("{function}()")).ok_or_else(|| expression.to_string()),
        },
        _ => Err(expression.to_string()),
    }
}

/// Returns whether a condition holds. Texts compare without regard to case, as in the server's own tables; two
/// numbers compare as numbers.
pub(super) fn holds(expression: &Expr, names: &Names<'_>) -> Result<bool, Unknown> {
    match expression {
        Expr::Nested(inner) => holds(inner, names),
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => Ok(!holds(expr, names)?),
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::And => Ok(holds(left, names)? && holds(right, names)?),
            BinaryOperator::Or => Ok(holds(left, names)? || holds(right, names)?),
            _ => {
                let (Some(left), Some(right)) = (value(left, names)?, value(right, names)?) else {
                    return Ok(false);
                };
                let order = compare(&left, &right);
                match op {
                    BinaryOperator::Eq | BinaryOperator::Spaceship => Ok(order.is_eq()),
                    BinaryOperator::NotEq => Ok(order.is_ne()),
                    BinaryOperator::Lt => Ok(order.is_lt()),
                    BinaryOperator::LtEq => Ok(order.is_le()),
                    BinaryOperator::Gt => Ok(order.is_gt()),
                    BinaryOperator::GtEq => Ok(order.is_ge()),
                    _ => Err(expression.to_string()),
                }
            }
        },
        Expr::In {
            expr,
            target: InTarget::List(list),
            negated,
            global: false,
        } => {
            let Some(sought) = value(expr, names)? else {
                return Ok(false);
            };
            for item in list {
                if value(item, names)?.is_some_and(|item| compare(&sought, &item).is_eq()) {
                    return Ok(!negated);
                }
            }
            Ok(*negated)
        }
        Expr::Like {
            negated,
            expr,
            pattern,
            escape_char: None,
            any: false,
        } => match (value(expr, names)?, value(pattern, names)?) {
            (Some(text), Some(pattern)) => Ok(like(&text, &pattern) != *negated),
            _ => Ok(false),
        },
        Expr::IsNull(inner) => Ok(value(inner, names)?.is_none()),
        Expr::IsNotNull(inner) => Ok(value(inner, names)?.is_some()),
        _ => Ok(value(expression, names)?.is_some_and(|text| !matches!(text.as_str(), "0" | ""))),
    }
}

fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    match (left.parse::<i128>(), right.parse::<i128>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}

/// Returns whether a text fits a pattern of LIKE: `%` for any text, `_` for one character, `\` protects.
pub(in crate::machine) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let mut parts = Vec::new();
    let mut chars = pattern.chars().flat_map(char::to_lowercase);
    while let Some(c) = chars.next() {
        parts.push(match c {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::This(chars.next().unwrap_or('\\')),
            c => Part::This(c),
        });
    }
    // The last `%` and the text behind it: on a mismatch one more character goes to that `%`.
    let (mut at, mut part, mut back) = (0, 0, None);
    while at < text.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                back = Some((part + 1, at));
                part += 1;
            }
            Some(Part::One) => (at, part) = (at + 1, part + 1),
            Some(Part::This(c)) if *c == text[at] => (at, part) = (at + 1, part + 1),
            _ => match &mut back {
                Some((after, from)) => {
                    *from += 1;
                    (part, at) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    parts[part..].iter().all(|part| matches!(part, Part::Any))
}

/// A piece of a pattern.
enum Part {
    Any,
    One,
    This(char),
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns() {
        for (text, pattern, fits) in [
            ("wsrep_ready", "wsrep%", true),
            ("wsrep_ready", "WSREP_READY", true),
            ("wsrepXready", "wsrep_ready", true),
            ("wsrepXready", "wsrep\\_ready", false),
            ("wsrep_cluster_size", "%size", true),
            ("wsrep_cluster_size", "%clu%r_s%e", true),
            ("wsrep_cluster_size", "%clu%r_s%x", false),
            ("", "%", true),
            ("", "_", false),
            ("aaab", "%ab", true),
        ] {
            assert_eq!(like(text, pattern), fits, "{text} {pattern}");
        }
    }
}
