/**
 * Sends the one form of the page that hands an answer to an application (OAuth 2.0 Form Post Response Mode). Without
 * scripts the page's button does it.
 */
document.querySelector('form[data-form-post]').submit();
