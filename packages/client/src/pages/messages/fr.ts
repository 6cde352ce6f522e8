/**
 * The pages' texts in French.
 *
 * Typed after the English ones, so that none can be missing. Narrow no-break spaces stand before : ; ! ? as French has them.
 */
import type { FailureCode } from '../../core/failure.ts';
import type { FailureText, Messages } from './en.ts';

/** What exactly is wrong is for the developer: the page shows its code. */
const idTokenRefused: FailureText = {
  title: 'Cette connexion a été refusée',
  body: (provider) =>
    `La preuve de votre identité envoyée par ${provider} n’a pas passé les contrôles de cette application.`,
};

const failures: Readonly<Record<FailureCode, FailureText>> = {
  provider_unknown: {
    title: 'Ce mode de connexion n’existe pas',
    body: () => 'L’adresse désigne un service de connexion que cette application n’utilise pas.',
  },
  provider_not_configured: {
    title: 'Pas encore configuré',
    body: (provider) =>
      `Cette application n’a pas encore d’identifiants pour ${provider}. Son exploitant peut les saisir dans les pages d’administration.`,
  },
  app_secret_unreadable: {
    title: 'La connexion n’est pas disponible',
    body: (provider) =>
      `Cette application ne peut plus lire ses identifiants pour ${provider}. Son exploitant doit les saisir de nouveau.`,
  },
  state_missing: {
    title: 'Cette adresse fait partie d’une connexion',
    body: (provider) =>
      `Vous êtes arrivé à la dernière étape d’une connexion avec ${provider} sans passer par la première. Votre compte n’a aucun problème : recommencez.`,
  },
  attempt_missing: {
    title: 'Cette connexion ne peut pas aboutir',
    body: () =>
      'Elle n’a pas été commencée dans ce navigateur, ou elle est déjà terminée. Cela arrive avec le bouton Précédent, avec un lien reçu de quelqu’un, ou lorsque les cookies sont bloqués. Votre compte n’a aucun problème : recommencez.',
  },
  attempt_expired: {
    title: 'Cette connexion a pris trop de temps',
    body: () => 'Elle a été commencée il y a plus d’une heure et n’est plus valable. Recommencez.',
  },
  attempt_other_provider: {
    title: 'Cette connexion ne peut pas aboutir',
    body: () =>
      'La réponse vient d’un autre service que celui que vous avez choisi ; elle n’a pas été utilisée. Recommencez.',
  },
  attempt_other_client: {
    title: 'Cette connexion ne peut pas aboutir',
    body: (provider) => `Les réglages de ${provider} ont été modifiés pendant votre connexion. Recommencez.`,
  },
  issuer_mismatch: {
    title: 'Cette connexion a été refusée',
    body: (provider) =>
      `La réponse ne vient pas du service ${provider} que cette application connaît ; elle n’a pas été utilisée. Si cela se reproduit, prévenez l’exploitant.`,
  },
  issuer_missing: {
    title: 'Cette connexion a été refusée',
    body: (provider) =>
      `La réponse ne dit pas qu’elle vient de ${provider} ; elle n’a pas été utilisée. Si cela se reproduit, prévenez l’exploitant.`,
  },
  access_denied: {
    title: 'Vous avez annulé',
    body: (provider) => `Vous n’êtes pas connecté, et ${provider} n’a rien transmis.`,
  },
  authorization_refused: {
    title: 'La connexion a été refusée',
    body: (provider) =>
      `${provider} n’a pas accepté la demande de cette application. Ce n’est pas votre faute ; l’exploitant peut voir la raison dans le journal.`,
  },
  provider_busy: {
    title: 'Réessayez dans un instant',
    body: (provider) => `${provider} a du mal à répondre en ce moment.`,
  },
  authorization_response_invalid: {
    title: 'Cette connexion ne peut pas aboutir',
    body: (provider) => `La réponse de ${provider} est incomplète. Recommencez.`,
  },
  provider_unreachable: {
    title: 'Le service de connexion ne répond pas',
    body: (provider) =>
      `Cette application n’a pas pu joindre ${provider}. Votre compte n’a aucun problème : réessayez dans un instant.`,
  },
  discovery_invalid: {
    title: 'La connexion n’est pas disponible',
    body: (provider) =>
      `L’adresse de ${provider} que cette application connaît n’est pas la bonne. Son exploitant doit la corriger.`,
  },
  client_credentials_refused: {
    title: 'La connexion n’est pas disponible',
    body: (provider) =>
      `${provider} n’a pas accepté les identifiants de cette application. Votre compte n’a aucun problème ; l’exploitant de l’application doit les saisir de nouveau.`,
  },
  grant_not_allowed: {
    title: 'La connexion n’est pas disponible',
    body: (provider) =>
      `${provider} ne permet pas encore à cette application de connecter des personnes. Son exploitant doit y remédier.`,
  },
  code_refused: {
    title: 'Cette connexion n’est plus valable',
    body: (provider) => `${provider} indique qu’elle a pris trop de temps, ou qu’elle est déjà terminée. Recommencez.`,
  },
  token_refused: {
    title: 'La connexion a été refusée',
    body: (provider) => `${provider} n’a pas terminé la connexion. L’exploitant peut voir la raison dans le journal.`,
  },
  dpop_not_offered: {
    title: 'La connexion n’est pas disponible',
    body: (provider) =>
      `Cette application demande à ${provider} une protection que ce service n’a pas. Son exploitant doit le corriger.`,
  },
  token_not_bound: {
    title: 'La connexion n’a pas abouti',
    body: (provider) =>
      `${provider} n’a pas protégé la connexion comme cette application le demande ; elle n’a pas été utilisée.`,
  },
  token_response_invalid: {
    title: 'La connexion n’a pas abouti',
    body: (provider) => `${provider} a donné une réponse que cette application ne comprend pas.`,
  },
  id_token_invalid: idTokenRefused,
  id_token_issuer_wrong: idTokenRefused,
  id_token_audience_wrong: idTokenRefused,
  id_token_party_wrong: idTokenRefused,
  id_token_nonce_wrong: idTokenRefused,
  id_token_expired: idTokenRefused,
  id_token_not_yet_valid: idTokenRefused,
  id_token_claim_missing: idTokenRefused,
  id_token_key_unknown: idTokenRefused,
  id_token_algorithm_refused: idTokenRefused,
  id_token_signature_wrong: idTokenRefused,
  subject_mismatch: {
    title: 'Cette connexion a été refusée',
    body: (provider) =>
      `${provider} a parlé de deux personnes différentes dans une même connexion ; elle n’a pas été utilisée.`,
  },
  profile_refused: {
    title: 'Votre profil n’a pas été transmis',
    body: (provider) => `${provider} vous a connecté, mais n’a pas dit à cette application qui vous êtes.`,
  },
  profile_invalid: {
    title: 'Votre profil n’a pas pu être lu',
    body: (provider) => `${provider} vous a connecté, mais cette application ne comprend pas ce qui est dit de vous.`,
  },
  logout_token_invalid: {
    title: 'Personne n’a été déconnecté',
    body: () => 'Une demande de déconnexion n’a pas prouvé d’où elle venait.',
  },
  account_not_accepted: {
    title: 'Pas avec ce compte',
    body: (provider) =>
      `Cette application n’accepte pas ce compte ${provider}. Si vous en avez un autre, comme celui de votre organisation, connectez-vous avec celui-là.`,
  },
  refused_by_application: {
    title: 'Vous ne pouvez pas vous connecter ici',
    body: () => 'Cette application n’accepte pas ce compte.',
  },
  hook_failed: {
    title: 'Un problème est survenu',
    body: () =>
      'Cette application n’a pas pu terminer la connexion, et rien n’a été conservé. Réessayez dans un instant ; si cela se reproduit, prévenez l’exploitant.',
  },
  account_disabled: {
    title: 'Ce compte est désactivé',
    body: () => 'L’exploitant de cette application a désactivé votre compte ici.',
  },
  linked_to_other: {
    title: 'Déjà associé à un autre compte',
    body: (provider) =>
      `Ce compte ${provider} est associé à un autre compte de cette application. Connectez-vous-y et dissociez-le d’abord.`,
  },
  link_session_ended: {
    title: 'Vous n’êtes plus connecté',
    body: () =>
      'Vous vous êtes déconnecté, ou quelqu’un d’autre s’est connecté, avant que les comptes soient associés. Rien n’a été modifié.',
  },
  pending_missing: {
    title: 'Cette connexion est terminée',
    body: () => 'Aucune connexion n’est en cours dans ce navigateur, ou elle a pris trop de temps. Recommencez.',
  },
  form_cross_site: {
    title: 'Ce formulaire n’a pas été accepté',
    body: () => 'Il vient d’une page qui ne fait pas partie de cette application.',
  },
  form_too_large: {
    title: 'Ce formulaire n’a pas été accepté',
    body: () => 'Il contient plus que ce que cette application accepte.',
  },
  form_media_type: {
    title: 'Ce formulaire n’a pas été accepté',
    body: () => 'Il n’a pas été envoyé comme le fait une page.',
  },
  form_repeated_field: {
    title: 'Ce formulaire n’a pas été accepté',
    body: () => 'Il contient deux fois l’un de ses champs.',
  },
  method_not_allowed: {
    title: 'Cela ne fonctionne pas ici',
    body: () => 'Cette adresse ne peut pas être utilisée de cette façon.',
  },
  superuser_required: {
    title: 'Réservé à l’administration',
    body: () => 'Ces pages sont réservées aux administrateurs de cette application.',
  },
  not_found: {
    title: 'Il n’y a rien ici',
    body: () => 'La page demandée n’existe pas, ou n’existe plus.',
  },
  unexpected: {
    title: 'Une erreur s’est produite',
    body: () => 'L’erreur vient de cette application, pas de vous. Réessayez dans un instant.',
  },
};

export const fr: Messages = {
  signIn: 'Se connecter',
  signInWith: (provider) => `Se connecter avec ${provider}`,
  signOut: 'Se déconnecter',
  signUp: 'Créer un compte',
  cancel: 'Annuler',
  save: 'Enregistrer',
  or: 'ou',
  skipToContent: 'Aller au contenu',
  mainNavigation: 'Principale',
  languageLabel: 'Langue',
  profile: 'Profil',
  connections: 'Comptes associés',
  administration: 'Administration',
  errorSummary: 'Veuillez revoir ceci :',

  profileTitle: 'Votre profil',
  profileSignedOutTitle: 'Vous n’êtes pas connecté',
  profileSignedOut: (name) => `Connectez-vous pour voir votre profil sur ${name}.`,
  profileFrom: (provider) =>
    `Tel que ${provider} l’a transmis à votre dernière connexion. Modifiez-le là-bas, et il changera ici la prochaine fois.`,
  profileLocal: 'Un compte de cette application.',
  username: 'Nom d’utilisateur',
  firstName: 'Prénom',
  lastName: 'Nom',
  email: 'Adresse e-mail',
  uid: (provider) => `Identifiant chez ${provider}`,
  uidLabel: 'Identifiant',
  none: '—',

  signInTitle: 'Se connecter',
  localSignIn: 'Avec un mot de passe de cette application',
  password: 'Mot de passe',
  newHere: 'Première visite ?',
  haveAccount: 'Vous avez déjà un compte ?',
  signUpTitle: 'Créer un compte',
  signUpWithProviders: 'Rien à remplir : connectez-vous, et votre compte est créé.',
  localSignUp: 'Un compte de cette application',
  optional: 'facultatif',
  passwordHelp: '8 caractères au moins ; plus long, c’est mieux.',
  noWayIn: 'Aucun mode de connexion n’est encore configuré.',

  signOutTitle: 'Se déconnecter ?',
  signOutQuestion: (name, username) => `Vous êtes connecté à ${name} en tant que ${username}.`,
  signOutEverywhere: (provider) => `Se déconnecter aussi de ${provider}`,
  signedOutTitle: 'Vous êtes déconnecté',
  signedOut: (name) => `Vous n’êtes plus connecté à ${name} sur cet appareil.`,
  stillSignedIn: (provider) => `Vous êtes peut-être encore connecté à ${provider}.`,
  signOutAt: (provider) => `Se déconnecter de ${provider}`,
  signInAgain: 'Se reconnecter',

  connectionsTitle: 'Comptes associés',
  connectionsIntro: 'Les comptes avec lesquels vous pouvez vous connecter ici.',
  connectionsNone: 'Aucun compte n’est associé. Vous vous connectez avec votre mot de passe.',
  linkAnother: 'Associer un autre compte',
  link: (provider) => `Associer ${provider}`,
  unlink: 'Dissocier',
  unlinkLabel: (provider, account) => `Dissocier le compte ${provider} ${account}`,
  linkedSince: 'Associé depuis le',
  onlyWayIn: 'C’est votre seul moyen de vous connecter : il ne peut pas être dissocié.',

  socialSignUpTitle: 'Choisissez un nom d’utilisateur',
  socialSignUpTaken: (provider, username) =>
    `Vous vous êtes connecté avec ${provider} en tant que ${username}, mais un autre compte de cette application porte déjà le nom ${username}.`,
  socialSignUpUnusable: (provider) =>
    `Vous vous êtes connecté avec ${provider}, qui n’a pas donné de nom d’utilisateur utilisable ici.`,
  chooseTitle: 'C’est ma première visite',
  chooseHelp: 'Choisissez un autre nom pour cette application. Votre compte chez le fournisseur ne change pas.',
  chooseButton: 'Utiliser ce nom',
  linkTitle: 'Ce compte est le mien',
  linkHelp: (provider) =>
    `Connectez-vous avec son mot de passe, et il sera associé : vous y accéderez ensuite avec ${provider}.`,
  linkButton: 'Se connecter et associer',
  cancelAndBack: 'Annuler, et se connecter sous un autre compte',

  onwardTitle: (provider) => `Vers ${provider}`,
  onwardBody: 'Si rien ne se passe,',
  onwardLink: (provider) => `aller chez ${provider}`,

  startAgain: 'Recommencer',
  backToProfile: 'Voir votre profil',
  failureCode: 'Code',
  failureReference: 'Référence',
  providerSaid: 'Réponse',
  failures,

  adminSignInTitle: 'Administration',
  adminSignInIntro: 'Connectez-vous avec un compte d’administrateur.',
  adminSignedInAs: (username) =>
    `Vous êtes connecté en tant que ${username}, qui n’est pas administrateur. Connectez-vous avec un autre compte.`,
  adminTitle: 'Administration',
  socialApps: 'Applications sociales',
  socialAppsIntro: 'Les identifiants de cette application auprès de chaque service de connexion.',
  socialAppsNone: 'Aucun identifiant n’a encore été saisi.',
  addSocialApp: 'Ajouter une application sociale',
  changeSocialApp: 'Modifier l’application sociale',
  provider: 'Fournisseur',
  name: 'Nom',
  nameHelp: 'Pour cette liste seulement.',
  clientId: 'Identifiant client',
  secret: 'Clé secrète',
  secretHelp:
    'Telle que le serveur l’a affichée à l’enregistrement de l’application. Elle est conservée chiffrée et n’est plus jamais affichée.',
  secretKept: 'Une clé est conservée. Laissez vide pour la garder.',
  redirectUri: 'URI de redirection à enregistrer sur le serveur',
  serverUrl: 'Adresse du serveur pour le navigateur',
  backChannelUrl: 'Adresse du serveur pour cette application',
  settingHelp: (provider, example) => `Nécessaire pour ${provider}. Par exemple ${example}.`,
  addressesFor: (providers) => `Pour ${providers.join(', ')}.`,
  addressHelp: (address) => `Laissez vide pour ${address}.`,
  addressFixed: 'Défini dans le code.',
  backChannelHelp: 'Seulement si elle diffère, comme entre conteneurs.',
  scope: 'Portée (scope)',
  scopeHelp: (scope) => `Laissez vide pour « ${scope} ».`,
  providerFixed: 'Les identifiants de ce fournisseur sont définis dans le code.',
  delete: 'Supprimer',
  deleteSocialAppTitle: (name) => `Supprimer ${name} ?`,
  deleteSocialAppBody: (provider) =>
    `Personne ne pourra se connecter avec ${provider} tant que des identifiants n’auront pas été saisis de nouveau. Les comptes et les associations restent.`,
  actions: 'Actions',
  change: 'Modifier',

  notices: {
    linked: 'Le compte est associé.',
    linked_before: 'Ce compte était déjà associé.',
    unlinked: 'Le compte n’est plus associé.',
    last_way_in: 'C’est votre seul moyen de vous connecter : il reste associé.',
    username_kept:
      'Votre nom d’utilisateur chez le fournisseur a changé, mais ce nom est déjà pris ici. Vous gardez celui que vous avez.',
    app_saved: 'L’application sociale a été enregistrée.',
    app_deleted: 'L’application sociale a été supprimée.',
  },

  problems: {
    form_stale:
      'Ce formulaire est resté ouvert trop longtemps, ou vous vous êtes connecté ou déconnecté dans un autre onglet. Rien n’a été fait ; veuillez l’envoyer de nouveau.',
    required: 'Veuillez remplir ce champ.',
    too_long: 'C’est trop long.',
    username_taken: 'Ce nom est déjà pris ici.',
    username_unusable: 'Des lettres, des chiffres et des signes courants, 150 au plus, sans espace aux extrémités.',
    email_unusable: 'Ce n’est pas une adresse e-mail.',
    credentials_wrong:
      'Le nom d’utilisateur et le mot de passe ne correspondent pas, ou le compte n’a pas de mot de passe.',
    attempts_exhausted: (minutes) =>
      minutes === 1
        ? 'Trop de tentatives. Réessayez dans une minute.'
        : `Trop de tentatives. Réessayez dans ${minutes} minutes.`,
    busy: 'Trop de demandes à la fois. Réessayez dans un instant.',
    account_disabled: 'Ce compte est désactivé.',
    password_short: 'Trop court : 8 caractères au moins.',
    password_long: 'Trop long : 1 024 caractères au plus.',
    password_common: 'Trop de personnes utilisent ce mot de passe. Choisissez-en un autre.',
    password_is_name: 'Le mot de passe ne doit être ni le nom d’utilisateur ni l’adresse e-mail.',
    provider_unknown: 'Choisissez un fournisseur.',
    provider_taken: 'Ce fournisseur a déjà des identifiants : modifiez ceux-là.',
    url_malformed: 'Une adresse comme https://accounts.example.org est attendue.',
    url_insecure: 'Au-delà de cette machine, l’adresse doit commencer par https://.',
    scope_malformed: 'Des mots séparés par des espaces sont attendus.',
    client_id_malformed: 'Un identifiant client ne contient pas de caractères de contrôle.',
    address_fixed: 'L’adresse de ce fournisseur est fixe : laissez ce champ vide.',
    secret_unusable:
      'Ce n’est pas une clé que ce fournisseur utilise. Celle d’Apple est la clé privée, le texte entier du fichier AuthKey_….p8.',
    setting_malformed: 'Ce n’est pas la forme que ce fournisseur utilise.',
  },
};
