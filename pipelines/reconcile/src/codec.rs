//! How facts are written and read: texts behind their lengths, numbers little-endian; and the columns they
//! are written from.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, ListArray, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};

/// What is wrong with columns or facts that are not what they should be.
pub type Fault = String;

/// A fact in the making.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn text(&mut self, value: &str) {
        self.0.extend_from_slice(&(value.len() as u32).to_le_bytes());
        self.0.extend_from_slice(value.as_bytes());
    }

    pub fn maybe(&mut self, column: &StringArray, row: usize) {
        self.byte(u8::from(column.is_valid(row)));
        if column.is_valid(row) {
            self.text(column.value(row));
        }
    }

    pub fn option(&mut self, value: Option<&str>) {
        self.byte(u8::from(value.is_some()));
        value.into_iter().for_each(|value| self.text(value));
    }

    pub fn integer(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn amount(&mut self, value: i128) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
}

pub fn texts(column: &ArrayRef) -> Result<&StringArray, Fault> {
    column.as_string_opt::<i32>().ok_or_else(|| "a text was expected".to_owned())
}

pub fn integers(column: &ArrayRef) -> Result<&Int64Array, Fault> {
    column.as_primitive_opt::<Int64Type>().ok_or_else(|| "an integer was expected".to_owned())
}

pub fn amounts(column: &ArrayRef) -> Result<&Decimal128Array, Fault> {
    column.as_primitive_opt::<Decimal128Type>().ok_or_else(|| "an amount was expected".to_owned())
}

pub fn instants(column: &ArrayRef) -> Result<&TimestampMicrosecondArray, Fault> {
    column.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| "a time was expected".to_owned())
}

pub fn days(column: &ArrayRef) -> Result<&Date32Array, Fault> {
    column.as_primitive_opt::<Date32Type>().ok_or_else(|| "a day was expected".to_owned())
}

pub fn flags(column: &ArrayRef) -> Result<&BooleanArray, Fault> {
    column.as_boolean_opt().ok_or_else(|| "a flag was expected".to_owned())
}

pub fn list(column: &ArrayRef) -> Result<(&ListArray, &StructArray), Fault> {
    let list = column.as_list_opt::<i32>().ok_or("a list was expected")?;
    Ok((list, list.values().as_struct_opt().ok_or("a list of structs was expected")?))
}

pub fn columns<const N: usize>(columns: &[ArrayRef]) -> Result<&[ArrayRef; N], Fault> {
    columns.try_into().map_err(|_| format!("{N} columns were expected, not {}", columns.len()))
}

pub fn range(list: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offsets = list.value_offsets();
    offsets[row] as usize..offsets[row + 1] as usize
}

/// A fact's bytes, taken from the front.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.0.split_at_checked(count).ok_or("a fact was cut")?;
        self.0 = rest;
        Ok(head)
    }

    pub fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    pub fn number<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::from("a fact was cut"))
    }

    pub fn text(&mut self) -> Result<&'a str, Fault> {
        let length = u32::from_le_bytes(self.number()?);
        std::str::from_utf8(self.take(length as usize)?).map_err(|error| error.to_string())
    }

    pub fn maybe(&mut self) -> Result<Option<&'a str>, Fault> {
        if self.byte()? == 1 { self.text().map(Some) } else { Ok(None) }
    }

    pub fn integer(&mut self) -> Result<i64, Fault> {
        Ok(i64::from_le_bytes(self.number()?))
    }

    pub fn amount(&mut self) -> Result<i128, Fault> {
        Ok(i128::from_le_bytes(self.number()?))
    }
}
