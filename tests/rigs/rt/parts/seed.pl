# Fills the rig's RT: queues, people, rights, one ticket of each kind that makes a difference.
# Prints what it made as JSON: {queues|users|groups|tickets: {name: id}, token}.
use strict;
use warnings;
BEGIN { unshift @INC, $ENV{RT_RIG_LIB} }
use RT;
use JSON;

RT->LoadConfig;
RT->InitPluginPaths if RT->can('InitPluginPaths');
RT->Init;
require RT::Interface::Email;
{ no warnings 'redefine'; *RT::Interface::Email::SendEmail = sub { 1 }; }    # no mail while seeding

my $system = RT->SystemUser;
my %made;

sub made {
    my ($kind, $name, $id, $message) = @_;
    die "$kind $name: $message\n" unless $id;
    $made{$kind}{$name} = $id;
}

my %queue;
for (
    [ 'Support',    'support@rt.test', 'support-comment@rt.test' ],
    [ 'Teaching',   '', '' ],
    [ 'Purchasing', '', '' ],
    [ 'Private',    '', '' ],
) {
    my ($name, $correspond, $comment) = @$_;
    my $queue = $queue{$name} = RT::Queue->new($system);
    made('queues', $name, $queue->Create(
        Name => $name, CorrespondAddress => $correspond, CommentAddress => $comment));
}

my %user;
for (
    [ 'svc-livechat', 'Live Chat',          'livechat@help.test', 1 ],
    [ 'grace',        'Grace Hopper',       'grace@help.test',    1 ],
    [ 'weak',         'Weak Account',       'weak@help.test',     1 ],
    [ 's1234567',     'Ada Lovelace',       'ada@help.test',      0 ],
    [ 's7654321',     'Alan Turing',        'alan@help.test',     0 ],
    [ 'msomerv',      'Mary Somerville',    'mary@help.test',     0 ],
    [ 'plotter',      'Plotter in AT 4.02', '',                   0 ],
) {
    my ($name, $real, $address, $privileged) = @$_;
    my $user = $user{$name} = RT::User->new($system);
    made('users', $name, $user->Create(
        Name => $name, RealName => $real, EmailAddress => $address, Privileged => $privileged));
}

my %group;
for ([ 'COs', 'grace' ], [ 'Chat service', 'svc-livechat' ]) {
    my ($name, $member) = @$_;
    my $group = $group{$name} = RT::Group->new($system);
    made('groups', $name, $group->CreateUserDefinedGroup(Name => $name, Description => $name));
    my ($ok, $message) = $group->AddMember($user{$member}->PrincipalId);
    die "$member in $name: $message\n" unless $ok;
}

sub grant {
    my ($whom, $on, @rights) = @_;
    for my $right (@rights) {
        my ($ok, $message) = $whom->PrincipalObj->GrantRight(Right => $right, Object => $on);
        die "right $right: $message\n" unless $ok;
    }
}

my $everyone = RT::Group->new($system);
$everyone->LoadSystemInternalGroup('Everyone');
grant($everyone, $queue{Support}, qw(CreateTicket ReplyToTicket));

# On many RTs requestors see their own tickets.
grant($queue{Support}->RoleGroup('Requestor'), $queue{Support}, 'ShowTicket');

my @officer = qw(SeeQueue ShowTicket ShowTicketComments ShowOutgoingEmail CreateTicket ReplyToTicket
    CommentOnTicket ModifyTicket OwnTicket TakeTicket StealTicket Watch WatchAsAdminCc DeleteTicket
    SeeCustomField ModifyCustomField);
grant($group{COs}, $queue{$_}, @officer) for keys %queue;
grant($group{COs}, RT->System, qw(ModifySelf ShowUserHistory));

# What the live chat needs, no more; with ModifyTicket only in Teaching, and in Purchasing it may
# look but not write.
my @service = qw(SeeQueue ShowTicket ShowTicketComments CommentOnTicket);
grant($group{'Chat service'}, $queue{Support}, @service, 'CreateTicket');
grant($group{'Chat service'}, $queue{Teaching}, @service, qw(ReplyToTicket ModifyTicket));
grant($group{'Chat service'}, $queue{Purchasing}, qw(SeeQueue ShowTicket));

# A field of tickets that takes the live chat's marker.
my $field = RT::CustomField->new($system);
made('fields', 'Chat ID', $field->Create(
    Name => 'Chat ID', Type => 'FreeformSingle', LookupType => RT::Ticket->CustomFieldLookupType));
my ($applied, $why_not) = $field->AddToObject($queue{Support});
die "Chat ID: $why_not\n" unless $applied;
grant($group{'Chat service'}, $field, qw(SeeCustomField ModifyCustomField));

# One for the visitor's answer, and one that the chat may only look at.
for ([ 'Chat rating', 'ModifyCustomField' ], ['Chat sealed']) {
    my ($name, @more) = @$_;
    my $one = RT::CustomField->new($system);
    made('fields', $name, $one->Create(
        Name => $name, Type => 'SelectSingle', LookupType => RT::Ticket->CustomFieldLookupType));
    for my $value (qw(yes partly no)) {
        my ($ok, $why) = $one->AddValue(Name => $value);
        die "$name $value: $why\n" unless $ok;
    }
    for my $where (qw(Support Teaching Private)) {
        my ($ok, $why) = $one->AddToObject($queue{$where});
        die "$name in $where: $why\n" unless $ok;
    }
    grant($group{'Chat service'}, $one, 'SeeCustomField', @more);
}

for (
    # name, queue, status, owner, requestors, subject
    [ 'printer',      'Support',    'open',     '',      ['s1234567'], 'Cannot print from the lab in AT 5.05' ],
    [ 'resolved',     'Support',    'resolved', '',      ['s7654321'], 'Where is my scratch space?' ],
    [ 'rejected',     'Support',    'rejected', '',      ['s7654321'], 'You have won a prize' ],
    [ 'deleted',      'Support',    'deleted',  '',      ['msomerv'],  'Test, please ignore' ],
    [ 'merged',       'Support',    'new',      '',      ['s1234567'], 'Printer in AT 5.05 again' ],
    [ 'forbidden',    'Private',    'open',     '',      ['msomerv'],  'A matter for the head of school' ],
    [ 'no_requestor', 'Support',    'new',      '',      [],           'Disk of the mail server is 91 % full' ],
    [ 'several',      'Support',    'open',     '',      ['s1234567', 's7654321'], 'Our group\'s web page is gone' ],
    [ 'no_address',   'Support',    'new',      '',      ['plotter'],  'Paper out' ],
    [ 'teaching',     'Teaching',   'open',     '',      ['msomerv'],  'Compiler missing in the exam image' ],
    [ 'read_only',    'Purchasing', 'open',     '',      ['s7654321'], 'Order 40 monitors' ],
    [ 'owned',        'Support',    'open',     'grace', ['s7654321'], 'VPN drops every hour' ],
) {
    my ($name, $queue, $status, $owner, $requestors, $subject) = @$_;
    my $late = $status =~ /deleted|rejected|resolved/;    # RT creates no ticket in these
    my $ticket = RT::Ticket->new($system);
    my ($id, undef, $message) = $ticket->Create(
        Queue     => $queue,
        Subject   => $subject,
        Status    => $late ? 'new' : $status,
        Owner     => $owner || 'Nobody',
        Requestor => [ map { $user{$_}->PrincipalId } @$requestors ],
        $name eq 'several' ? (Cc => [ $user{msomerv}->PrincipalId ]) : (),
        MIMEObj => MIME::Entity->build(
            Type => 'text/plain', Data => ["$subject.\n\nCan you help?\n"]),
    );
    made('tickets', $name, $id, $message);
    if ($late) {
        my ($ok, $why) = $ticket->SetStatus($status);
        die "$name $status: $why\n" unless $ok;
    }
}
my $merged = RT::Ticket->new($system);
$merged->Load($made{tickets}{merged});
my ($ok, $message) = $merged->MergeInto($made{tickets}{printer});
die "merge: $message\n" unless $ok;

if (eval { require RT::AuthToken; 1 }) {    # RT 5 and later
    grant($group{'Chat service'}, RT->System, 'ManageAuthTokens');
    my $token = RT::AuthToken->new(RT::CurrentUser->new('svc-livechat'));
    my ($id, $why, $text) = $token->Create(Owner => $user{'svc-livechat'}->id, Description => 'rig');
    die "token: $why\n" unless $id;
    $made{token} = $text;
}
print JSON->new->pretty->canonical->encode(\%made);
