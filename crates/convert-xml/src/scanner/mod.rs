//! The scanners, one module and one feature each.

// @generated begin modules
#[cfg(feature = "acunetix")]
pub mod acunetix;
#[cfg(feature = "appscan")]
pub mod appscan;
#[cfg(feature = "arachni")]
pub mod arachni;
#[cfg(feature = "burp")]
pub mod burp;
#[cfg(feature = "checkmarx")]
pub mod checkmarx;
#[cfg(feature = "dependency-check")]
pub mod dependency_check;
#[cfg(feature = "invicti")]
pub mod invicti;
#[cfg(feature = "nessus")]
pub mod nessus;
#[cfg(feature = "nexpose")]
pub mod nexpose;
#[cfg(feature = "nikto")]
pub mod nikto;
#[cfg(feature = "nmap")]
pub mod nmap;
#[cfg(feature = "openvas")]
pub mod openvas;
#[cfg(feature = "qualys")]
pub mod qualys;
#[cfg(feature = "spotbugs")]
pub mod spotbugs;
#[cfg(feature = "sslscan")]
pub mod sslscan;
#[cfg(feature = "wapiti")]
pub mod wapiti;
#[cfg(feature = "webinspect")]
pub mod webinspect;
#[cfg(feature = "zap-xml")]
pub mod zap_xml;
// @generated end modules
